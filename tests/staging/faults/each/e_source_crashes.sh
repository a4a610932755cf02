title="the source's PostgreSQL crashes; Patroni starts it again"
letter=E lasts=8 places="prepare paused released before_take taken verify back_released back_before_take back_then"
fault() { crash main-1.postgres; }
took_effect() { has_crashed; }
heal() { wait_for 40 is_leader main-1; }
