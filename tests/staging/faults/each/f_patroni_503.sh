title="the target's Patroni answers 503"
letter=F lasts=6 places="prepare gate promote back_prepare back_then"
fault() { spoil ci-1.rest answer-503; spoil ci-2.rest answer-503; }
had_effect() { was_hit ci-1.rest; }
heal() { heal_link ci-1.rest; heal_link ci-2.rest; }
