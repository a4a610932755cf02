title="SIGTERM"
letter=A places="paused released taken back_released"
fault() { kill -TERM "$tool_pid"; }
had_effect() { [ "$exit_code" != 0 ] || grep -q "asked to stop" "$out"; }
