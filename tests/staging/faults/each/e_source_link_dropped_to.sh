title="what is said to the source does not arrive"
letter=E lasts=8 places="prepare paused released before_take back_released back_before_take"
fault() { spoil main-1 drop-to; }
had_effect() { was_hit main-1; }
heal() { heal_link main-1; }
