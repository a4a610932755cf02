title="the tool is killed, and a byte of the journal has been flipped when it is resumed"
letter=B shape=between places="prepare released taken back_released"
fault() {  # a byte of a record near the end, changed past SQLite's back as a bad disk does
  cp -p "$journal" "$work/journal.real"
  sqlite3 "$journal" "pragma wal_checkpoint(truncate)" >/dev/null
  cp -p "$journal" "$work/journal.real"
  flipped_at=$(LC_ALL=C grep -obaF '"uses"' "$journal" | tail -n 1 | cut -d: -f1)
  printf 'X' | dd of="$journal" bs=1 seek=$((flipped_at + 1)) conv=notrunc 2>/dev/null
}
took_effect() { ! cmp -s "$journal" "$work/journal.real"; }
expect_refused() { [ "$1" != 0 ] || broken "a run was resumed from a damaged journal"; }
heal() { rm -f "$journal-wal" "$journal-shm"; cp -p "$work/journal.real" "$journal"; }
