title="a bouncer stands still"
letter=D lasts=8
places="prepare paused released before_take taken repointed verify back_prepare back_paused back_released back_taken"
fault() { freeze bouncer-2; }
took_effect() { is_frozen bouncer-2; }
heal() { thaw bouncer-2; }
