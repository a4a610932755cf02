# What every bench needs between its rounds. Sourced after scenario.sh.
without=none # a member that was taken away
healthy() { # every member of both clusters runs on its leader's timeline
  { "$lab" status --dir "$dir" --json || true; } | jq -e --arg without "$without" '
    [.processes[] | select(.scope != null and .name != $without)] | group_by(.scope)
    | all(([.[].timeline] | unique | length) == 1 and all(.state == "running" or .state == "streaming"))' >/dev/null
}
settle() {
  for _ in $(seq 300); do
    healthy && [ "$(target_sql "select pg_is_in_recovery()" 2>/dev/null)" = t ] && { sleep 1; return; }
    sleep 0.5
  done
  failed "the lab does not settle"
}
now_us() { echo $(($(date +%s%N) / 1000)); }
# judge SERVING FROM: figures of the last load since FROM
judge() {
  "$lab" verify --dir "$dir" --history "${histories[-1]}" --serving "$1" --from "$2" --to "$(now_us)" --json || true
}
