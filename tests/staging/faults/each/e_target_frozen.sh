title="the target's PostgreSQL stands still"
letter=E lasts=8 places="prepare paused released promote before_take verify back_released"
fault() { freeze ci-1.postgres; }
took_effect() { is_frozen ci-1.postgres; }
heal() { thaw ci-1.postgres; }
