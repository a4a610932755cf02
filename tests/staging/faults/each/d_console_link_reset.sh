title="the connections to a bouncer's console are reset"
letter=D places="prepare paused released taken back_paused back_taken"
fault() { spoil bouncer-3 reset; }
took_effect() { was_hit bouncer-3; }
