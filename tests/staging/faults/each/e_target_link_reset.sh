title="the connections to the target are reset"
letter=E places="prepare paused released before_take taken back_released back_taken"
fault() { spoil ci-1 reset; }
took_effect() { was_hit ci-1; }
