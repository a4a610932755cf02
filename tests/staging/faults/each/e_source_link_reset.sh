title="the connections to the source are reset"
letter=E places="prepare paused released before_take taken back_released back_taken"
fault() { spoil main-1 reset; }
took_effect() { was_hit main-1; }
