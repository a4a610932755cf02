title="the guard is killed, then the tool"
letter=A ends_tool=yes places="released taken back_released"
needs_guard=yes
fault() { kill -KILL "$(guard_pid)"; kill -KILL "$tool_pid"; }
