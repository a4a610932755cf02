title="a bouncer's reply to RELOAD is lost"
letter=D places="taken back_taken"
fault() { spoil bouncer-1 swallow-next-reply --request "RELOAD"; }
had_effect() { was_hit bouncer-1; }
heal() { heal_link bouncer-1; }
