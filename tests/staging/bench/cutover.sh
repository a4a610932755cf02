#!/usr/bin/env bash
# The hand-written cutover against pgcleave, in turn on one lab under load. Usage: cutover.sh BUILD ROUNDS JSON_FILE KEEP
set -euo pipefail
build=$1
rounds=$2
json=$3
KEEP=$4
source "$(dirname "$0")/../scenario.sh" "$build"
source "$(dirname "$0")/rounds.sh"

# The script has no fence, and no way back: its database must not have ours, and afterwards the target is made a standby by hand.
without_fence() {
  source_sql "drop schema if exists pgcleave cascade; drop publication if exists pgcleave_ci_reverse" 2>/dev/null
}
script_round() {
  without_fence
  local standby from pause
  standby=$(patronictl -c "$PATRONI_CONF" show-config ci | /usr/bin/python3 -c 'import sys, yaml, json; print(json.dumps({"standby_cluster": yaml.safe_load(sys.stdin)["standby_cluster"]}))')
  load_begin --writers 16 --reconnect 4
  from=$(now_us)
  pause=$("$root/tests/staging/baseline.sh" | jq .pause_ms)
  load_end 2
  judge target "$from" >"$scratch/script.verdict"
  eval "$("$lab" env --dir "$dir" --back)"
  while IFS="|" read -r console file; do
    [ -n "$console" ] || continue
    sed -i "s/$FROM/$TO/" "$file"
    psql "$console" -qtAc RELOAD >/dev/null
  done <<<"$BOUNCERS"
  eval "$("$lab" env --dir "$dir")"
  target_sql checkpoint
  echo "$standby" >"$scratch/standby.json"
  patronictl -c "$PATRONI_CONF" edit-config ci --force -q --apply "$scratch/standby.json" >/dev/null
  settle
  jq -n --argjson pause "$pause" --slurpfile v "$scratch/script.verdict" '{script_pause_ms: $pause, script_client_gap_ms: $v[0].client_gap_ms, script_client_errors: $v[0].client_errors}'
}
pgcleave_round() {
  local from
  load_begin --writers 16 --reconnect 4
  from=$(now_us)
  tool 0 run "$runbook" -e "$environment" --approve go
  load_end 2
  judge target "$from" >"$scratch/run.verdict"
  load_begin --writers 16 --reconnect 4
  from=$(now_us)
  tool 0 rollback -e "$environment"
  load_end 2
  judge source "$from" >"$scratch/back.verdict"
  "$build/pgcleave" status -e "$environment" --json >"$scratch/status.json"
  settle
  jq -n --slurpfile v "$scratch/run.verdict" --slurpfile b "$scratch/back.verdict" --slurpfile s "$scratch/status.json" '
    ($s[0].steps | map({(.step): .}) | add) as $step |
    {pause_ms: $s[0].windows.window.pause_ms, floor_ms: $step.promote.facts.promote_ms, client_gap_ms: $v[0].client_gap_ms, client_wait_max_ms: $v[0].client_wait_max_ms,
     client_errors: ($v[0].client_errors + $b[0].client_errors), lost: ($v[0].lost + $b[0].lost), duplicated: ($v[0].duplicated + $b[0].duplicated),
     on_both_sides: ($v[0].on_both_sides + $b[0].on_both_sides), rollback_pause_ms: $s[0].windows["rollback.window"].pause_ms, rollback_client_gap_ms: $b[0].client_gap_ms,
     reattach_s: $step.reattach.facts.seconds,
     steps_ms: ([$s[0].steps[] | select(.phase == "window") | {(.step): .ms}] | add)}'
}

lab_up
settle
: >"$scratch/rounds"
for round in $(seq "$rounds"); do
  if [ $((round % 2)) = 1 ]; then
    script_round >"$scratch/a"
    pgcleave_round >"$scratch/b"
  else
    pgcleave_round >"$scratch/b"
    script_round >"$scratch/a"
  fi
  jq -cs 'add' "$scratch/a" "$scratch/b" | tee -a "$scratch/rounds" | jq -c '{script_pause_ms, pause_ms, floor_ms, client_gap_ms, client_errors, lost, rollback_pause_ms}' >&2
done
result=$(jq -s '
  def median(f): map(f) | sort | if length % 2 == 1 then .[length / 2 | floor] else (.[length / 2 - 1] + .[length / 2]) / 2 end;
  def spread(f): map(f) | {min: min, max: max};
  {rounds: ., median: {script_pause_ms: median(.script_pause_ms), pause_ms: median(.pause_ms), floor_ms: median(.floor_ms), client_gap_ms: median(.client_gap_ms),
                       script_client_gap_ms: median(.script_client_gap_ms), client_wait_max_ms: median(.client_wait_max_ms), rollback_pause_ms: median(.rollback_pause_ms)},
   spread: {script_pause_ms: spread(.script_pause_ms), pause_ms: spread(.pause_ms), floor_ms: spread(.floor_ms), client_gap_ms: spread(.client_gap_ms), over_floor: spread(.pause_ms / .floor_ms)},
   client_errors: (map(.client_errors) | add), lost: (map(.lost) | add), duplicated: (map(.duplicated) | add), on_both_sides: (map(.on_both_sides) | add)}
  | .script_over_pgcleave = .median.script_pause_ms / .median.pause_ms
  | .pgcleave_over_floor = .median.pause_ms / .median.floor_ms' "$scratch/rounds")
[ -z "$json" ] || printf '%s\n' "$result" >"$json"
printf '%s\n' "$result" | jq 'del(.rounds)'
