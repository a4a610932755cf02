title="a second operator with the same journal resumes, and rolls back, while the first one acts"
letter=C places="prepare released before_take taken back_released"
fault() {
  code_resume=0 code_rollback=0
  timeout 60 "${tool[@]}" resume -e "$environment" --approve go >"$work/second.out" 2>&1 || code_resume=$?
  timeout 60 "${tool[@]}" rollback -e "$environment" >>"$work/second.out" 2>&1 || code_rollback=$?
}
took_effect() { [ -s "$work/second.out" ]; }
had_effect() {
  [ "$code_resume" = 7 ] && [ "$code_rollback" = 7 ] ||
    broken "the second operator was not refused (exit codes $code_resume and $code_rollback, 7 expected)"
}
