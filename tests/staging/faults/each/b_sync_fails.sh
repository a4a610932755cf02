title="a sync of the journal fails with an error of the disk"
letter=B needs_bad_disk=yes
places="prepare paused released before_take taken verify back_prepare back_released back_taken"
fault() { echo sync >"$work/bad-disk"; }
had_effect() { [ -s "$work/bad-disk.hits" ]; }
heal() { rm -f "$work/bad-disk"; }
