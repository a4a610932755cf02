title="the target's PostgreSQL crashes; Patroni starts it again"
letter=E lasts=8 places="prepare paused promote promoted before_take taken verify back_prepare back_released back_taken"
fault() { crash ci-1.postgres; }
took_effect() { has_crashed; }
heal() { wait_for 40 is_leader ci-1; }
