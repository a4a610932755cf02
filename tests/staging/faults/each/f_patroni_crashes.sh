title="the target leader's Patroni dies, its PostgreSQL lives on"
letter=F lasts=6 places="paused promote promoted taken back_then"
fault() { crash ci-1; }
took_effect() { has_crashed; }
heal() { restart ci-1; wait_for 40 is_leader ci-1; }
