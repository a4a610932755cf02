title="the target's Patroni answers garbage"
letter=F lasts=6 places="prepare gate promote back_prepare back_then"
fault() { spoil ci-1.rest answer-garbage; spoil ci-2.rest answer-garbage; }
had_effect() { was_hit ci-1.rest; }
heal() { heal_link ci-1.rest; heal_link ci-2.rest; }
