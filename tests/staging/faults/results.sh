# The figures of all trials.

summary() {
  touch "$work/trials.jsonl" "$work/stretches.jsonl"
  jq -n --slurpfile t "$work/trials.jsonl" --slurpfile s "$work/stretches.jsonl" --argjson seed "$seed" \
    --argjson points "${crash_points:-0}" --argjson planned "${crash_points_planned:-0}" \
    --argjson wal "$wal_checked" --argjson budget 5000 --arg commit "$commit" \
    --argjson seconds "$SECONDS" --argjson labs_lost "$labs_lost" '
    def q(p): sort | if length == 0 then null else .[((length - 1) * p | floor)] end;
    ($t | map(select(.valid))) as $v |
    ($v | map(select(.killed and .flow_ms != null and .flow_ms >= 0) | .flow_ms)) as $flow |
    {trials: ($t | length), valid: ($v | length), invalid: (($t | length) - ($v | length)),
     by_fault: ($t | group_by(.fault) | map({key: .[0].fault, value: {
       trials: length, valid: map(select(.valid)) | length, invalid: map(select(.valid | not)) | length,
       places: (map(select(.valid) | if .place == "point" then .direction + " of " + .runbook else .place end)
                | unique),
       wait_ms_max: (map(select(.valid).wait_ms) | max),
       wait_ms_p50: (map(select(.valid).wait_ms) | q(0.5)), broken: (map(.broken | length) | add)}}) | from_entries),
     acknowledged: ([$s[].acknowledged] | add // 0), unknown: ([$s[].unknown] | add // 0),
     lost: ([$s[].lost] | add // 0), duplicated: ([$s[].duplicated] | add // 0),
     on_both_sides: ([$s[].on_both_sides] | add // 0),
     client_wait_ms: {p50: ([$v[].wait_ms] | q(0.5)), p99: ([$v[].wait_ms] | q(0.99)), max: ([$v[].wait_ms] | max)},
     flow_again_after_kill_ms: {p50: ($flow | q(0.5)), max: ($flow | max), kills: ($flow | length),
       by_a_person: ($v | map(select(.killed and .settled_by != "itself")) | length)},
     not_terminal: ($t | map(select(.terminal | not)) | length),
     promises_broken: ($t | map(select(.broken | length > 0)) | length),
     broken: [$t[] | select(.broken | length > 0) | {n, fault, runbook, direction, place, point, broken}],
     invalid_trials: [$t[] | select(.valid | not) | {n, fault, runbook, direction, place, why}],
     crash_points: {all: $points, planned: $planned,
       covered: ($v | map(select(.fault == "a_killed_at_a_point") | [.runbook, .direction, .point]) | unique | length)},
     wal_checked: $wal, budget_ms: $budget, seed: $seed, seconds: $seconds, labs_lost: $labs_lost, commit: $commit}'
}
