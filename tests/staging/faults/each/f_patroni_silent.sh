title="the target's Patroni is silent"
letter=F lasts=8 places="prepare gate promote back_then"
fault() { spoil ci-1.rest drop; spoil ci-2.rest drop; }
had_effect() { was_hit ci-1.rest; }
heal() { heal_link ci-1.rest; heal_link ci-2.rest; }
