#!/usr/bin/env bash
# What runs say that clients saw, against what the lab's observer saw, window by window under load; and what watching
# costs: the pause with and without a probe.
# Usage: outage.sh BUILD ROUNDS JSON_FILE KEEP
set -euo pipefail
build=$1
rounds=$2
json=$3
KEEP=$4
source "$(dirname "$0")/../scenario.sh" "$build"
source "$(dirname "$0")/rounds.sh"
logical=$root/runbooks/logical-switchover.yml
lab_up
sed '/probe:/d' "$environment" >"$dir/unwatched.yml"
sed -i "s/^name: lab/name: lab-unwatched/" "$dir/unwatched.yml"

"$lab" observe --dir "$dir" --history "$scratch/observed.jsonl" >"$scratch/observe.out" 2>&1 &
observer=$!
# Prober and observer write 1,200 times a second themselves: with the usual load two cores are never idle, and who is
# served first is chance.
read -ra load <<<"${OUTAGE_LOAD:---writers 8 --reconnect 2 --rate 20}"
load_begin "${load[@]}"

# window ENVIRONMENT WORD...: runs it and prints {pause_ms, reported_ms, observed_ms, bouncer, began} of its window
window() {
  local with=$1 phase=$2 from to
  shift 2
  tool 0 "$@" -e "$with"
  sleep 1.5
  "$build/pgcleave" status -e "$with" --json >"$scratch/status.json"
  from=$(jq --arg p "$phase" '.windows[$p].paused_at_us - 100000' "$scratch/status.json")
  to=$(jq --arg p "$phase" '.windows[$p].resumed_at_us + 100000' "$scratch/status.json")
  "$lab" observed --history "$scratch/observed.jsonl" --from "$from" --to "$to" >"$scratch/seen.json"
  jq -nc --arg p "$phase" --slurpfile s "$scratch/status.json" --slurpfile o "$scratch/seen.json" \
    '$s[0].windows[$p] as $w
     | {phase: $p, watched: $w.watched, pause_ms: $w.pause_ms, reported_ms: $w.outage_ms,
      observed_ms: $o[0].longest.outage_ms,
      reported_mean_ms: $w.mean_outage_ms, observed_mean_ms: $o[0].mean_outage_ms, errors: $o[0].errors}' |
    tee -a "$scratch/windows.jsonl" >&2
}
began_under=$(cut -d' ' -f1-3 /proc/loadavg)
for round in $(seq "$rounds"); do
  say "round $round"
  for with in "$environment" "$dir/unwatched.yml"; do
    window "$with" window run "$logical" --approve go
    window "$with" rollback.window rollback
    settle
  done
done
kill "$observer"
load_end 1
# A busy machine makes the figures: whoever reads them has to know.
figures=$(jq -s --arg before "$began_under" --arg after "$(cut -d' ' -f1-3 /proc/loadavg)" '
  def spread:
    sort | {min: .[0],
            median: (if length % 2 == 1 then .[length / 2 | floor] else (.[length / 2] + .[length / 2 - 1]) / 2 end),
            max: .[-1]};
  map(select(.watched)) as $w | map(select(.watched | not)) as $u
  | {windows: ($w | length), reported_less_observed_ms: ($w | map(.reported_ms - .observed_ms) | spread),
     absolute_difference_ms: ($w | map(.reported_ms - .observed_ms | fabs) | spread),
     mean: {reported_ms: ($w | map(.reported_mean_ms) | spread), observed_ms: ($w | map(.observed_mean_ms) | spread),
       reported_less_observed_ms: ($w | map(.reported_mean_ms - .observed_mean_ms) | spread),
       absolute_difference_ms: ($w | map(.reported_mean_ms - .observed_mean_ms | fabs) | spread)},
     observed_ms: ($w | map(.observed_ms) | spread), pause_ms: ($w | map(.pause_ms) | spread),
     unwatched: {observed_ms: ($u | map(.observed_ms) | spread), pause_ms: ($u | map(.pause_ms) | spread)},
     observer_errors: (map(.errors) | add), load_average: {before: $before, after: $after}}' "$scratch/windows.jsonl")
echo "$figures"
[ -z "$json" ] || jq -n --argjson figures "$figures" --slurpfile windows "$scratch/windows.jsonl" \
  '{figures: $figures, windows: $windows}' >"$json"
