title="the tool is stopped past its budget, then goes on"
letter=A lasts=9 stays_stopped=yes places="paused released before_take taken back_released back_taken"
fault() { kill -STOP "$tool_pid"; fault_us=$(now_us); }
took_effect() { [ "$(awk '{print $3}' "/proc/$tool_pid/stat")" = T ]; }
heal() { kill -CONT "$tool_pid" 2>/dev/null || true; }
