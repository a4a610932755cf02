title="the journal's file system does not answer for eight seconds"
letter=B lasts=8 needs_bad_disk=yes
places="prepare paused released before_take taken verify back_prepare back_released back_taken"
fault() { echo hang >"$work/bad-disk"; }
had_effect() { [ -s "$work/bad-disk.hits" ]; }
heal() { rm -f "$work/bad-disk"; }
