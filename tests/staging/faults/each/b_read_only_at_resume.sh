title="the tool is killed, and the journal has become read-only when it is resumed"
letter=B shape=between places="prepare released taken back_released"
needs_small_journal=yes
fault() { mount -o remount,ro "$journal_folder"; }
took_effect() { ! touch "$journal_folder/try" 2>/dev/null; }
expect_refused() { [ "$1" != 0 ] || broken "a run was resumed with a journal that can't be written"; }
heal() { mount -o remount,rw "$journal_folder"; }
