#!/usr/bin/env bash
# How the pause grows with the number of moved tables and of bouncers, and what the tool's own process uses of the
# processors in a window (the larger of both): cutovers under load and their rollbacks, each size on a lab of its own.
# Usage: scale.sh BUILD ROUNDS JSON_FILE KEEP
set -euo pipefail
build=$1
rounds=$2
json=$3
KEEP=$4
source "$(dirname "$0")/../scenario.sh" "$build"
source "$(dirname "$0")/rounds.sh"
runbook=$root/runbooks/logical-switchover.yml
[ -e "$runbook" ] || runbook=$root/runbooks/promote-standby.yml
read -ra table_counts <<<"${SCALE_TABLES-10 100 1000}"
read -ra bouncer_counts <<<"${SCALE_BOUNCERS-1 8 32}"

moved_tables() {
  source_sql "select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r'
      and (n.nspname = 'ci' or n.nspname = 'public' and (c.relname = 'Weird Name' or c.relname like 'ci\_%'))"
}
moved_sequences() {
  source_sql "select count(*) from pg_sequences
    where schemaname = 'ci'
      or schemaname = 'public' and (sequencename like 'Weird Name%' or sequencename like 'ci\_%')"
}
# go SERVING VERB...: under load; its verdict
go() {
  local serving=$1 from
  shift
  load_begin --writers 16 --reconnect 4
  from=$(now_us)
  TOOL_TIMEOUT=900 tool 0 "$@" -e "$environment"
  load_end 2
  judge "$serving" "$from"
}
one_round() {
  go target run "$runbook" --approve go >"$scratch/run.verdict"
  go source rollback >"$scratch/back.verdict"
  "$build/pgcleave" status -e "$environment" --json >"$scratch/status.json"
  settle
  jq -n --slurpfile s "$scratch/status.json" --slurpfile v "$scratch/run.verdict" \
    --slurpfile b "$scratch/back.verdict" '
    {pause_ms: $s[0].windows.window.pause_ms, rollback_pause_ms: $s[0].windows["rollback.window"].pause_ms,
     client_errors: ($v[0].client_errors + $b[0].client_errors),
     error_messages: ($v[0].error_messages + $b[0].error_messages), lost: ($v[0].lost + $b[0].lost),
     duplicated: ($v[0].duplicated + $b[0].duplicated),
     cpu_ms: ([$s[0].windows[].cpu_ms] | max),
     steps_ms: ([$s[0].steps[] | select(.phase == "window" or .phase == "rollback.window") | {(.step): .ms}] | add)}'
}
# measure KIND SIZE BOUNCERS OPTIONS...: one line of $scratch/sizes
measure() {
  local kind=$1 size=$2 count
  dir=$scratch/lab-$kind-$size
  lab_up "${@:3}"
  # 32 clients that write 200 times a second each would be half of the load of two cores
  sed -i '/probe:/d' "$environment"
  settle
  : >"$scratch/rounds"
  for _ in $(seq "$rounds"); do
    one_round | jq -c . | tee -a "$scratch/rounds" |
      jq -c "{$kind: $size, pause_ms, rollback_pause_ms, client_errors, error_messages, lost}" >&2
  done
  count=$(moved_tables)
  jq -cs --arg kind "$kind" --arg size "$size" --argjson tables "$count" --argjson sequences "$(moved_sequences)" '
    def median: sort | if length % 2 == 1 then .[length / 2 | floor] else (.[length / 2 - 1] + .[length / 2]) / 2 end;
    . as $rounds
    | {kind: $kind, size: $size, client_errors: (map(.client_errors) | add), lost: (map(.lost) | add),
      duplicated: (map(.duplicated) | add),
      figures: {moved_tables: $tables, sequences: $sequences, pause_ms: (map(.pause_ms) | median),
                pause_ms_all: map(.pause_ms), cpu_ms: (map(.cpu_ms) | median), cpu_ms_all: map(.cpu_ms),
                rollback_pause_ms: (map(.rollback_pause_ms) | median), rollback_pause_ms_all: map(.rollback_pause_ms),
                steps_ms: (.[0].steps_ms
                           | with_entries(.key as $step | .value = ($rounds | map(.steps_ms[$step]) | median)))}}' \
    "$scratch/rounds" >>"$scratch/sizes"
  "$lab" down --dir "$dir" >/dev/null
}

: >"$scratch/sizes"
for size in "${table_counts[@]}"; do measure tables "$size" 3 --tables "$size"; done
for size in "${bouncer_counts[@]}"; do measure bouncers "$size" "$size"; done
result=$(jq -s --arg runbook "$(basename "$runbook" .yml)" '
  def of(kind): map(select(.kind == kind) | {(.size): .figures}) | add // {};
  def ratio(figures; most; least):
    if figures[most] and figures[least] then figures[most].pause_ms / figures[least].pause_ms else null end;
  of("tables") as $tables | of("bouncers") as $bouncers
  | {runbook: $runbook, tables: $tables, bouncers: $bouncers,
     ratio: {tables_1000_over_10: ratio($tables; "1000"; "10"), bouncers_32_over_1: ratio($bouncers; "32"; "1")},
     cpu_ms_per_bouncer: ($bouncers | with_entries(.value = .value.cpu_ms / (.key | tonumber))),
     client_errors: (map(.client_errors) | add), lost: (map(.lost) | add), duplicated: (map(.duplicated) | add)}' \
  "$scratch/sizes")
[ -z "$json" ] || printf '%s\n' "$result" >"$json"
printf '%s\n' "$result" | jq 'del(.. | .steps_ms?)'
