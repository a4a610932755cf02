title="a person switches the source over in the window, as patronictl switchover does"
letter=C places="paused released before_take" lasts=3
fault() { switch_over main main-1 main-2; }
took_effect() { wait_for 10 is_leader main-2; }
# The bouncers' route stands for an address that follows the leader; here somebody brings the leader back to it.
heal() {
  wait_for 40 is_replica main-1
  local n
  for n in 1 2 3; do switch_over main main-2 main-1; wait_for 10 is_leader main-1 && return; done
}
