#!/usr/bin/env bash
# The hand-written cutover against pgcleave by both protocols, in turn on one lab under load, and what clients see
# without any.
# Usage: [AGAINST=FOLDER] [ONLY=NAMES] cutover.sh BUILD ROUNDS JSON_FILE KEEP
# ONLY: some of script, pgcleave (promote-standby), logical, logical_unproven and quiet
# AGAINST: another version's root, its program in build/; then only logical-switchover is measured, by both in turn.
set -euo pipefail
build=$1
rounds=$2
json=$3
KEEP=$4
source "$(dirname "$0")/../scenario.sh" "$build"
source "$(dirname "$0")/rounds.sh"

# The script has no fence, and no rollback: its database must not have ours, and afterwards the target is made a standby
# by hand.
without_fence() {
  source_sql "drop schema if exists pgcleave cascade;
    drop publication if exists pgcleave_ci_reverse, pgcleave_ci_forward" 2>/dev/null
}
script_round() {
  without_fence
  local standby from pause
  standby=$(patronictl -c "$PATRONI_CONF" show-config ci | /usr/bin/python3 -c \
    'import sys, yaml, json; print(json.dumps({"standby_cluster": yaml.safe_load(sys.stdin)["standby_cluster"]}))')
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
  jq -n --argjson pause "$pause" --slurpfile v "$scratch/script.verdict" \
    '{script_pause_ms: $pause, script_client_gap_ms: $v[0].client_gap_ms, script_client_errors: $v[0].client_errors}'
}
# over_and_back NAME RUNBOOK OPTIONS...: a run and its rollback, each under load; figures named NAME_...
program=$build/pgcleave
over_and_back() {
  local name=$1 from
  load_begin --writers 16 --reconnect 4
  from=$(now_us)
  tool 0 run "${@:2}" -e "$environment" --approve go
  load_end 2
  judge target "$from" >"$scratch/run.verdict"
  load_begin --writers 16 --reconnect 4
  from=$(now_us)
  tool 0 rollback -e "$environment"
  load_end 2
  judge source "$from" >"$scratch/back.verdict"
  "$program" status -e "$environment" --json >"$scratch/status.json"
  settle
  jq -n --arg name "$name" --slurpfile v "$scratch/run.verdict" --slurpfile b "$scratch/back.verdict" \
    --slurpfile s "$scratch/status.json" '
    ($s[0].steps | map({(.step): .}) | add) as $step |
    {pause_ms: $s[0].windows.window.pause_ms, client_gap_ms: $v[0].client_gap_ms,
     client_wait_max_ms: $v[0].client_wait_max_ms, client_errors: ($v[0].client_errors + $b[0].client_errors),
     lost: ($v[0].lost + $b[0].lost), duplicated: ($v[0].duplicated + $b[0].duplicated),
     on_both_sides: ($v[0].on_both_sides + $b[0].on_both_sides),
     rollback_pause_ms: $s[0].windows["rollback.window"].pause_ms, rollback_client_gap_ms: $b[0].client_gap_ms,
     reattach_s: ($step.reattach | .outputs // .facts).seconds,
     promote_ms: ($step.promote | .outputs // .facts).promote_ms,
     steps_ms: ([$s[0].steps[] | select(.phase == "window") | {(.step): .ms}] | add)}
    | with_entries(.key = "\($name)_\(.key)")'
}
pgcleave_round() { over_and_back pgcleave "$root/runbooks/promote-standby.yml"; }
logical_round() { over_and_back logical "$root/runbooks/logical-switchover.yml"; }
logical_unproven_round() {
  over_and_back logical_unproven "$root/runbooks/logical-switchover.yml" --set prove=after_resume
}
# The other version has a journal of its own, and finds none of our objects in the database; nor do we find its objects.
logical_alone_round() {
  without_fence
  logical_round
}
logical_before_round() {
  local environment=$dir/environment-before.yml program=$AGAINST/build/pgcleave
  local PGCLEAVE=$program
  sed "s|^journal: .*|journal: $dir/before.db|" "$dir/environment.yml" >"$environment"
  without_fence
  over_and_back before "$AGAINST/runbooks/logical-switchover.yml"
}

# What clients see when nothing is cut over: in a stretch as long as a switchover's; in one with a bare PAUSE of the
# fleet, RELOAD, RESUME in it (noop.yml); and in one where each bouncer is told the three by a psql of its own, so that
# others let their clients through meanwhile.
flap_each() {
  local consoles=()
  while IFS="|" read -r console _; do
    [ -n "$console" ] || continue
    psql "$console" -qtA -c "PAUSE $DB" -c RELOAD -c "RESUME $DB" >/dev/null &
    consoles+=($!)
  done <<<"$BOUNCERS"
  wait "${consoles[@]}"
}
quiet_round() {
  local from what
  for what in idle noop noop_each; do
    load_begin --writers 16 --reconnect 4
    from=$(now_us)
    sleep 2
    case "$what" in
      noop) tool 0 run "$root/tests/staging/bench/noop.yml" -e "$environment" ;;
      noop_each) flap_each ;;
    esac
    sleep 1
    load_end 2
    judge source "$from" >"$scratch/$what.verdict"
    [ "$what" != noop ] || status .windows.window.pause_ms >"$scratch/noop.pause"
  done
  jq -n --slurpfile i "$scratch/idle.verdict" --slurpfile n "$scratch/noop.verdict" \
    --slurpfile e "$scratch/noop_each.verdict" --argjson pause "$(cat "$scratch/noop.pause")" '
    {noop_pause_ms: $pause, idle_gap_ms: $i[0].client_gap_ms, noop_gap_ms: $n[0].client_gap_ms,
     noop_each_gap_ms: $e[0].client_gap_ms}'
}

lab_up
settle
# After each rewind the target's replica needs 20 to 30 s until its Patroni has it follow again. It is on nobody's path
# here: away with it.
"$lab" kill --dir "$dir" ci-2 >/dev/null
"$lab" kill --dir "$dir" ci-2.postgres >/dev/null
without=ci-2
settle
contenders=(script pgcleave logical logical_unproven quiet)
[ -z "${ONLY:-}" ] || read -ra contenders <<<"$ONLY"
[ -z "${AGAINST:-}" ] || contenders=(logical_alone logical_before)
: >"$scratch/rounds"
for round in $(seq "$rounds"); do
  : >"$scratch/round"
  for turn in "${!contenders[@]}"; do # each contender begins a round in its turn
    "${contenders[(turn + round) % ${#contenders[@]}]}_round" >>"$scratch/round"
  done
  jq -cs 'add' "$scratch/round" | tee -a "$scratch/rounds" |
    if [ -n "${AGAINST:-}" ]; then
      jq -c '{logical_pause_ms, before_pause_ms, logical_rollback_pause_ms, before_rollback_pause_ms}' >&2
    else
      jq -c '
        {script_pause_ms, pgcleave_pause_ms, logical_pause_ms, logical_unproven_pause_ms, logical_client_gap_ms,
         idle_gap_ms, noop_gap_ms, noop_each_gap_ms, noop_pause_ms,
         errors: (.pgcleave_client_errors + .logical_client_errors + .logical_unproven_client_errors),
         lost: (.pgcleave_lost + .logical_lost + .logical_unproven_lost)}' >&2
    fi
done
if [ -n "${AGAINST:-}" ]; then
  result=$(jq -s -f "$(dirname "$0")/against.jq" "$scratch/rounds")
  [ -z "$json" ] || printf '%s\n' "$result" >"$json"
  printf '%s\n' "$result" | jq 'del(.rounds)'
  exit
fi
result=$(jq -s '
  def median(f):
    map(f) | sort | if length % 2 == 1 then .[length / 2 | floor] else (.[length / 2 - 1] + .[length / 2]) / 2 end;
  def spread(f): map(f) | {min: min, max: max};
  def total(what):
    map(to_entries[] | select(.key | test("^(pgcleave|logical|logical_unproven)_" + what + "$")) | .value) | add;
  def over(one; other): if one and other then one / other else null end;  # of what was measured
  . as $rounds | {rounds: .,
   median: ([ $rounds[0] | to_entries[] | select(.value | type == "number") | .key ]
            | map({(.): (. as $k | $rounds | median(.[$k]))}) | add),
   spread: (["script_pause_ms", "pgcleave_pause_ms", "logical_pause_ms", "logical_unproven_pause_ms",
             "logical_client_gap_ms", "logical_unproven_client_gap_ms", "idle_gap_ms", "noop_gap_ms", "noop_pause_ms",
             "noop_each_gap_ms", "logical_rollback_pause_ms", "logical_reattach_s"]
            | map({(.): (. as $k | $rounds | spread(.[$k]))}) | add),
   steps_ms: (["pgcleave", "logical", "logical_unproven"]
              | map(select($rounds[0][. + "_steps_ms"]) | {(.): (. as $name | $rounds[0][$name + "_steps_ms"]
                           | with_entries(.key as $step
                                          | .value = ($rounds | median(.[$name + "_steps_ms"][$step]))))}) | add),
   client_errors: total("client_errors"), lost: total("lost"), duplicated: total("duplicated"),
   on_both_sides: total("on_both_sides")}
  | .median += {pause_ms: .median.pgcleave_pause_ms, client_gap_ms: .median.pgcleave_client_gap_ms,
                floor_ms: .median.pgcleave_promote_ms}
  | .script_over_pgcleave = over(.median.script_pause_ms; .median.pgcleave_pause_ms)
  | .pgcleave_over_floor = over(.median.pgcleave_pause_ms; .median.pgcleave_promote_ms)
  | .script_over_logical = over(.median.script_pause_ms; .median.logical_pause_ms)
  | .script_over_logical_unproven = over(.median.script_pause_ms; .median.logical_unproven_pause_ms)
  | .logical_gap_over_noop_ms = (.median | if .noop_gap_ms and .logical_client_gap_ms
                                           then .logical_client_gap_ms - .noop_gap_ms else null end)' "$scratch/rounds")
[ -z "$json" ] || printf '%s\n' "$result" >"$json"
printf '%s\n' "$result" | jq 'del(.rounds)'
