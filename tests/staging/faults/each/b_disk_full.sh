title="the journal's disk is full"
letter=B places="prepare paused released before_take taken verify back_prepare back_released back_taken"
needs_small_journal=yes
fault() { dd if=/dev/zero of="$journal_folder/filler" bs=4k 2>/dev/null || true; }
took_effect() { ! dd if=/dev/zero of="$journal_folder/one-more" bs=4k count=2 2>/dev/null; }
had_effect() { grep -qiE "full|journal" "$out"; }
heal() { rm -f "$journal_folder/filler" "$journal_folder/one-more"; }
