title="ctrl-C twice"
letter=A places="prepare paused released before_take taken back_released back_taken"
fault() { kill -INT "$tool_pid"; sleep 0.1; kill -INT "$tool_pid"; }
had_effect() { grep -qE "asked to stop|finishing|interrupt" "$out" || [ "$exit_code" != 0 ]; }
