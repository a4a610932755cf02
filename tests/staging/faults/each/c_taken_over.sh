title="the tool is stopped, a second operator takes the split over with a copy of the journal,"
title+=" and the first one wakes up"
letter=C lasts=60 places="prepare released before_take back_released"
fault() {
  local file code=0 words="resume --approve go"
  [ "$direction" = run ] || words="rollback"
  kill -STOP "$tool_pid"
  rm -f "$work"/copy.db*
  for file in "$journal" "$journal-wal" "$journal-shm"; do cp -p "$file" "$work/copy.db${file#"$journal"}"; done
  # shellcheck disable=SC2086
  timeout 120 "${tool[@]}" $words -e "$environment" --journal "$work/copy.db" --takeover >"$work/second.out" 2>&1 ||
    code=$?
  cat "$work/second.out" >>"$work/talk.out"
  kill -CONT "$tool_pid"
  # What the first one's window took until it was stopped counts too, so the budget may be over: 9 says that, and that
  # all is done.
  [ "$code" = 0 ] || [ "$code" = 9 ] || {
    broken "the second operator was not let through: exit code $code: $(tail -n 2 "$work/second.out")"
    return 1
  }
}
had_effect() {
  [ "$exit_code" = 7 ] || [ "$exit_code" = 137 ] || broken "the first operator went on: exit code $exit_code"
}
heal() {  # from now on the second operator's journal is the one
  guards_end
  local file
  rm -f "$journal" "$journal-wal" "$journal-shm"
  for file in "$work"/copy.db*; do
    case $file in *.lock) ;; *) cp -p "$file" "$journal${file#"$work/copy.db"}" ;; esac
  done
}
