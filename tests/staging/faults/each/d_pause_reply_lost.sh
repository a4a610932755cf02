title="a bouncer's reply to PAUSE is lost"
letter=D places="before_pause back_before_pause"
fault() { spoil bouncer-1 swallow-next-reply --request "PAUSE "; }
had_effect() { was_hit bouncer-1; }
heal() { heal_link bouncer-1; }
