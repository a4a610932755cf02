title="ctrl-C once"
letter=A places="prepare paused released before_take taken verify back_prepare back_released back_taken"
fault() { kill -INT "$tool_pid"; }
had_effect() { grep -qE "asked to stop|finishing|interrupt" "$out" || [ "$exit_code" != 0 ]; }
