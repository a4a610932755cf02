title="a bouncer is killed and restarted between repoint and resume"
letter=D places="repointed back_repointed"
fault() { crash bouncer-3; has_crashed && was_killed=yes; restart bouncer-3; }
took_effect() { [ "$was_killed" = yes ] && [ -n "$(pool_of 3)" ]; }
