title="the source's PostgreSQL stands still"
letter=E lasts=8 places="prepare paused released taken verify back_released back_before_take"
fault() { freeze main-1.postgres; }
took_effect() { is_frozen main-1.postgres; }
heal() { thaw main-1.postgres; }
