title="the tool is killed, and the journal's file has been cut in half when it is resumed"
letter=B shape=between places="prepare released taken back_released"
fault() {
  sqlite3 "$journal" "pragma wal_checkpoint(truncate)" >/dev/null
  cp -p "$journal" "$work/journal.real"
  truncate -s $(($(stat -c %s "$journal") / 2)) "$journal"
}
took_effect() { ! cmp -s "$journal" "$work/journal.real"; }
expect_refused() { [ "$1" != 0 ] || broken "a run was resumed from a journal that was cut"; }
heal() { rm -f "$journal-wal" "$journal-shm"; cp -p "$work/journal.real" "$journal"; }
