title="what the target says does not arrive"
letter=E lasts=8 places="prepare paused before_take taken verify back_released back_taken"
fault() { spoil ci-1 drop-from; }
had_effect() { was_hit ci-1; }
heal() { heal_link ci-1; }
