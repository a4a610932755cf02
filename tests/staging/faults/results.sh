# The figures of all trials, as JSON, and as the page that is published.

summary() {
  touch "$work/trials.jsonl" "$work/stretches.jsonl"
  jq -n --slurpfile t "$work/trials.jsonl" --slurpfile s "$work/stretches.jsonl" --argjson seed "$seed" --argjson points "${crash_points:-0}" \
    --argjson planned "${crash_points_planned:-0}" --argjson wal "$wal_checked" --argjson budget 5000 --arg machine "$(machine)" --argjson versions "$(versions)" \
    --argjson seconds "$SECONDS" --argjson labs_lost "$labs_lost" '
    def q(p): sort | if length == 0 then null else .[((length - 1) * p | floor)] end;
    ($t | map(select(.valid))) as $v |
    ($v | map(select(.killed and .flow_ms != null and .flow_ms >= 0) | .flow_ms)) as $flow |
    {trials: ($t | length), valid: ($v | length), invalid: (($t | length) - ($v | length)),
     by_fault: ($t | group_by(.fault) | map({key: .[0].fault, value: {trials: length, valid: map(select(.valid)) | length, invalid: map(select(.valid | not)) | length,
       places: (map(select(.valid) | if .place == "point" then .direction + " of " + .runbook else .place end) | unique), wait_ms_max: (map(select(.valid).wait_ms) | max),
       wait_ms_p50: (map(select(.valid).wait_ms) | q(0.5)), broken: (map(.broken | length) | add)}}) | from_entries),
     acknowledged: ([$s[].acknowledged] | add // 0), unknown: ([$s[].unknown] | add // 0), lost: ([$s[].lost] | add // 0), duplicated: ([$s[].duplicated] | add // 0),
     on_both_sides: ([$s[].on_both_sides] | add // 0),
     client_wait_ms: {p50: ([$v[].wait_ms] | q(0.5)), p99: ([$v[].wait_ms] | q(0.99)), max: ([$v[].wait_ms] | max)},
     flow_again_after_kill_ms: {p50: ($flow | q(0.5)), max: ($flow | max), kills: ($flow | length), by_a_person: ($v | map(select(.killed and .settled_by != "itself")) | length)},
     not_terminal: ($t | map(select(.terminal | not)) | length), promises_broken: ($t | map(select(.broken | length > 0)) | length),
     broken: [$t[] | select(.broken | length > 0) | {n, fault, runbook, direction, place, point, broken}],
     invalid_trials: [$t[] | select(.valid | not) | {n, fault, runbook, direction, place, why}],
     crash_points: {all: $points, planned: $planned, covered: ($v | map(select(.fault == "a_killed_at_a_point") | [.runbook, .direction, .point]) | unique | length)},
     wal_checked: $wal, budget_ms: $budget, seed: $seed, seconds: $seconds, labs_lost: $labs_lost, machine: $machine, versions: $versions}'
}

machine() { echo "$(nproc) cores, $(awk '/MemTotal/ { printf "%.0f GiB", $2 / 1048576 }' /proc/meminfo), $(sed -n 's/^model name\s*: //p' /proc/cpuinfo | head -n 1), Linux $(uname -r | cut -d- -f1)"; }
versions() {
  jq -nc --arg pgcleave "$("$build/pgcleave" --version 2>&1 | head -n 1)" --arg commit "$(git -C "$root" rev-parse --short HEAD 2>/dev/null)" \
    --arg postgresql "$("$waldump" --version | awk '{ print $NF == ")" ? $3 : $3 }')" --arg patroni "$(patroni --version | awk '{ print $2 }')" \
    --arg pgbouncer "$(pgbouncer --version | awk 'NR == 1 { print $2 }')" --arg etcd "$(etcd --version | awk 'NR == 1 { print $3 }')" '$ARGS.named'
}

results_page() {  # results_page FIGURES
  jq -r '
    def row: "| " + (map(tostring) | join(" | ")) + " |";
    "# Results of the fault trials",
    "Written by `script/test faults --results`; not edited by hand. What the figures mean: `tests/staging/README.md`.",
    "",
    "| | |", "|---|---|",
    (["machine", .machine] | row), (["versions", ([.versions | to_entries[] | "\(.key) \(.value)"] | join(", "))] | row),
    (["seed, time", "\(.seed), \(.seconds / 60 | floor) minutes"] | row),
    (["trials", "\(.trials): \(.valid) valid, \(.invalid) invalid"] | row),
    (["crash points (SIGKILL)", "\(.crash_points.covered) covered of \(.crash_points.planned) chosen by the seed, of \(.crash_points.all) in both runbooks and both rollbacks"] | row),
    (["writes acknowledged", .acknowledged] | row), (["writes with an unknown outcome", .unknown] | row),
    (["lost, duplicated, on both sides", "\(.lost), \(.duplicated), \(.on_both_sides)"] | row),
    (["WAL of the source searched for writes after the captured LSN", "\(.wal_checked) times"] | row),
    (["not in a terminal state", .not_terminal] | row), (["trials in which another promise was broken", .promises_broken] | row),
    (["longest wait of a client in a trial (budget \(.budget_ms) ms)", "p50 \(.client_wait_ms.p50) ms, p99 \(.client_wait_ms.p99) ms, longest \(.client_wait_ms.max) ms"] | row),
    (["clients served again after a SIGKILL, nobody typing", "p50 \(.flow_again_after_kill_ms.p50) ms, longest \(.flow_again_after_kill_ms.max) ms, \(.flow_again_after_kill_ms.kills) kills"] | row),
    "", "## By fault",
    "A to F are the letters of the list of faults: the tool, its journal, operators, bouncers, databases, Patroni and etcd. Waits are the longest of any client in a trial; a fault that takes a server away keeps its clients waiting by itself.",
    "",
    "| fault | places | valid | invalid | wait p50 ms | wait max ms | promises broken |", "|---|---|---|---|---|---|---|",
    (.by_fault | to_entries[] | [.key, (.value.places | join(", ")), .value.valid, .value.invalid, .value.wait_ms_p50, .value.wait_ms_max, .value.broken] | row),
    (if (.broken | length) > 0 then "", "## Promises broken", (.broken[] | "- \(.fault), \(.runbook) \(.direction), \(.place) \(.point): \(.broken | join("; "))") else empty end),
    (if (.invalid_trials | length) > 0 then "", "## Invalid trials", (.invalid_trials[] | "- \(.fault), \(.runbook) \(.direction), \(.place): \(.why)") else empty end)' "$1"
}
