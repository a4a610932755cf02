# Where faults strike: names for points of a run and of its rollback, and every point that a clean run comes by.

place_point() {  # the point at which the tool is held
  case $1 in
    prepare) echo "after record step.done settings" ;;
    gate) echo "before record phase.begun gate" ;;
    before_pause | back_before_pause) echo "before effect PAUSE" ;;
    paused | back_paused) echo "after effect PAUSE" ;;
    released | back_released) echo "after effect release ownership" ;;
    captured) echo "after record step.done lsn" ;;
    promote) echo "before effect promote" ;;
    promoted) echo "after effect promote" ;;
    before_take | back_before_take) echo "before effect give ownership" ;;
    taken | back_taken) echo "after effect give ownership" ;;
    repointed | back_repointed) echo "after effect point the pool" ;;
    verify) echo "before record phase.begun verify" ;;
    back_prepare) echo "before record phase.begun rollback.prepare" ;;
    back_then) echo "before record phase.begun rollback.then" ;;
    start | back_start) echo "" ;;
    *) fatal "a fault file names a place that is not known: $1" ;;
  esac
}

points_of() { echo "$work/points.$1.$2"; }  # runbook, direction

# One clean run there and back with each runbook writes down the points: lines of step|point|how often by now.
list_points() {
  local name
  for name in logical-switchover promote-standby; do
    use_runbook "$name"
    as_at_first
    PGCLEAVE_FAULT_POINTS=$(points_of "$name" run) plain run || fatal "a clean run of $name fails: $(tail -n 5 "$out")"
    PGCLEAVE_FAULT_POINTS=$(points_of "$name" rollback) plain rollback ||
      fatal "a clean rollback of $name fails: $(tail -n 5 "$out")"
  done
}

# ordinal_of_prefix RUNBOOK DIRECTION POINT: of the first point that begins so; nothing: it has none
ordinal_of_prefix() {
  awk -F'|' -v p="$3" 'index($2, p) == 1 { print NR; exit }' "$(points_of "$1" "$2")"
}
last_ordinal_come_by() {  # of the last step that the tool came by in this trial
  touch "$points"
  awk -F'|' 'NR == FNR { last[$1] = FNR; next } $1 != "-" && $1 in last { n = last[$1] } END { print n + 0 }' \
    "$(points_of "$1" "$2")" "$points"
}
ordinal_of_phase() {
  awk -F'|' -v p="before record phase.begun $3" '$2 == p { print NR; exit }' "$(points_of "$1" "$2")"
}
