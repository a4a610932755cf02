title="the run ends, and is taken over with a copy of the journal from within the window while the side that took"
title+=" can't be asked"
letter=B lasts=60 places="released before_take back_released back_before_take"
fault() {
  rm -f "$work"/copy.db*
  local file
  for file in "$journal" "$journal-wal" "$journal-shm"; do cp -p "$file" "$work/copy.db${file#"$journal"}"; done
  copy_code=none copied_in=$direction
}
heal() {  # the run has ended
  local words="resume --approve go" took=target
  [ "$copied_in" = run ] || words="rollback" took=source
  guards_end
  look
  [ "$serves" = "$took" ] || return 0  # it was undone
  spoil "$(reached_member)" drop
  copy_code=0
  # shellcheck disable=SC2086
  timeout 120 "${tool[@]}" $words -e "$environment" --journal "$work/copy.db" --takeover >"$work/copy.out" 2>&1 ||
    copy_code=$?
  cat "$work/copy.out" >>"$work/talk.out"
  heal_link "$(reached_member)"
  look
  [ "$serves" = "$took" ] ||
    broken "a copy of the journal passed ownership on, $serves serves now: $(tail -n 2 "$work/copy.out")"
  # 3: the split's words could not be compared with the source's catalog, before anybody was asked who owns.
  [ "$copy_code" = 5 ] || [ "$copied_in$copy_code" = rollback3 ] ||
    broken "a copy of the journal went on while an owner could not be read: exit code $copy_code"
}
had_effect() { [ "$copy_code" != none ]; }
