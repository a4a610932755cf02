title="a person RESUMEs one bouncer's pool in the window"
letter=C places="paused released before_take taken back_released"
fault() { console 2 "resume app"; }
took_effect() { [[ "$(pool_of 2)" == *" 0" ]]; }
