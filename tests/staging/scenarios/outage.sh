#!/usr/bin/env bash
# What a run says that clients saw is what a program that knows nothing of pgcleave saw through the same bouncers.
# Without a load.
source "$(dirname "$0")/../scenario.sh"
logical=$root/runbooks/logical-switchover.yml
lab_up
"$lab" observe --dir "$dir" --history "$scratch/observed.jsonl" >"$scratch/observe.out" 2>&1 &
observer=$!
sleep 1

# told PHASE FIRST LAST: what window.watched says of this phase, through whom writes went from the cluster FIRST to LAST
told() {
  "$build/pgcleave" log -e "$environment" --json >"$scratch/log.json" || failed "the journal can't be read"
  jq -c --arg phase "$1" 'select(.type == "window.watched" and .data.phase == $phase) | .data' "$scratch/log.json" |
    tail -n 1 >"$scratch/watched.out"
  [ -s "$scratch/watched.out" ] || failed "the journal has no window.watched of $1"
  is "why nothing was measured" "$(jq -r .why "$scratch/watched.out")" ""
  is "bouncers" "$(jq -r '[.bouncers[].name] | sort | join(" ")' "$scratch/watched.out")" \
    "bouncer-1 bouncer-2 bouncer-3"
  is "bouncers with hardly any write" "$(jq '[.bouncers[] | select(.writes < 50)] | length' "$scratch/watched.out")" 0
  is "errors" "$(jq .errors "$scratch/watched.out")" 0
  is "writes on the wrong side" "$(jq .wrong_side "$scratch/watched.out")" 0
  is "who stored the first and the last write" \
    "$(jq -r '[.bouncers[] | .first_on + " " + .last_on] | unique | join(",")' "$scratch/watched.out")" "$2 $3"
  is "writes in the curve" \
    "$(jq '(.curve.writes | add) - ([.bouncers[].writes] | add) | fabs < 20' "$scratch/watched.out")" true
  jq -e '.outage_ms > 5 and .at_least == false and .longest_wait_ms > 5' "$scratch/watched.out" >/dev/null ||
    failed "no outage was seen"
}
# compare PHASE: with the observer, for the same half second around the outage
compare() {
  sleep 1
  local from to
  from=$(jq '.outage_began_at_us - 250000' "$scratch/watched.out")
  to=$(jq '.outage_began_at_us + .outage_ms * 1000 + 250000 | floor' "$scratch/watched.out")
  "$lab" observed --history "$scratch/observed.jsonl" --from "$from" --to "$to" >"$scratch/seen.out"
  is "errors that the observer saw" "$(jq .errors "$scratch/seen.out")" 0
  difference=$(jq -n --slurpfile a "$scratch/watched.out" --slurpfile b "$scratch/seen.out" \
    '$a[0].outage_ms - $b[0].longest.outage_ms')
  say "$1: reported $(jq -c '{outage_ms, through, longest_wait_ms}' "$scratch/watched.out")," \
    "observed $(jq -c .longest "$scratch/seen.out"), difference $difference ms"
  jq -en "$difference | fabs < 100" >/dev/null || failed "reported and observed outage differ by $difference ms"
}

say "over"
tool 0 run "$logical" -e "$environment" --approve go
told window main ci
compare window
contains "$scratch/tool.out" "ms of outage (through bouncer-"
is "outage in status" "$(status .windows.window.outage_ms)" "$(jq .outage_ms "$scratch/watched.out")"

say "and back"
tool 0 rollback -e "$environment"
told rollback.window ci main
compare rollback.window
is "outage in runs" "$("$build/pgcleave" runs -e "$environment" --json | jq '.[0].rollback_outage_ms')" \
  "$(jq .outage_ms "$scratch/watched.out")"

say "a window that is undone is seen as well"
# What the standby has not replayed by then does not keep the window from opening, however long it takes until there.
tool 6 run "$runbook" -e "$environment" --set pause_budget=1s --set max_lag=1GiB
startup=$(replaying_process)
kill -STOP "$startup"
trap 'kill -CONT "$startup" 2>/dev/null || true; clean_up' EXIT
tool 4 resume -e "$environment" --approve go
kill -CONT "$startup"
told window main main
compare "undone window"
contains "$scratch/tool.out" "ms of outage (through bouncer-"
kill "$observer"
say "ok"
