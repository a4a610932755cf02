title="somebody has paused a bouncer's pool already"
letter=D lasts=8 places="before_pause back_before_pause"
fault() { console 2 "pause app"; }
took_effect() { [[ "$(pool_of 2)" == *" 1" ]]; }
heal() { [[ "$(pool_of 2)" == *" 0" ]] || console 2 "resume app" || true; }
