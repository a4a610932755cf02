title="a second operator from another host, with a journal of his own, begins a run while the first one acts"
letter=C places="released before_take back_released"
fault() {
  code_run=0
  rm -f "$work"/other-journal.db*
  timeout 60 "${tool[@]}" run "$runbook" -e "$environment" --journal "$work/other-journal.db" --approve go \
    >"$work/second.out" 2>&1 || code_run=$?
}
took_effect() { [ -s "$work/second.out" ]; }
had_effect() { [ "$code_run" != 0 ] || broken "the second operator with another journal was let in"; }
