title="both databases are 60 ms away"
letter=E lasts=30 places="gate paused back_prepare"
fault() { spoil main-1 delay --ms 60; spoil ci-1 delay --ms 60; }
had_effect() { was_hit main-1 && was_hit ci-1; }
heal() { heal_link main-1; heal_link ci-1; }
