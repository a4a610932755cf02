title="a bouncer is killed while it is paused and comes back unpaused"
letter=D places="paused released before_take taken back_paused back_released back_taken"
fault() { crash bouncer-2; has_crashed && was_killed=yes; restart bouncer-2; }
took_effect() { [ "$was_killed" = yes ] && [[ "$(pool_of 2)" == *" 0" ]]; }
