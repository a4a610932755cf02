title="the guard is killed while the tool goes on"
letter=A places="released taken back_released"
needs_guard=yes
fault() { doomed=$(guard_pid); kill -KILL "$doomed"; }
took_effect() { sleep 0.1; ! [ -e "/proc/$doomed/exe" ]; }
