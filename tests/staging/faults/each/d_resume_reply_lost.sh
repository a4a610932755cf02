title="a bouncer's reply to RESUME is lost"
letter=D places="repointed back_repointed"
fault() { spoil bouncer-1 swallow-next-reply --request "RESUME "; }
had_effect() { was_hit bouncer-1; }
heal() { heal_link bouncer-1; }
