title="the journal is replaced by a copy of itself"
letter=B places="prepare released taken back_released"
fault() {
  mkdir "$journal_folder/real"
  local file
  for file in "$journal" "$journal-wal" "$journal-shm"; do
    mv "$file" "$journal_folder/real/" && cp -p "$journal_folder/real/${file##*/}" "$file"
  done
}
took_effect() { [ ! "$journal" -ef "$journal_folder/real/journal.db" ]; }
had_effect() { grep -qi "journal" "$out"; }
heal() {
  rm -f "$journal" "$journal-wal" "$journal-shm"
  mv "$journal_folder"/real/journal.db* "$journal_folder/" 2>/dev/null
  rmdir "$journal_folder/real"
}
