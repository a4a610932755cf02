title="the link to a bouncer's console is silent"
letter=D lasts=8 places="prepare gate paused released taken repointed back_paused back_taken"
fault() { spoil bouncer-3 drop; }
had_effect() { was_hit bouncer-3; }
heal() { heal_link bouncer-3; }
