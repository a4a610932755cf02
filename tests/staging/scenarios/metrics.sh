#!/usr/bin/env bash
# What Prometheus is told, before the first run, while a gate waits, in a window whose process was killed, at the end,
# and after the rollback: promtool takes all of it, and the file for node_exporter can be read by another user.
source "$(dirname "$0")/../scenario.sh"
command -v promtool >/dev/null || skip "promtool is not installed"
lab_up 1
file=$scratch/pgcleave.prom
metrics() {
  tool 0 metrics -e "$environment"
  promtool check metrics <"$scratch/tool.json" >"$scratch/promtool.out" 2>&1 || failed "promtool does not take it"
  [ ! -s "$scratch/promtool.out" ] || failed "promtool has something to say"
}
value() { # value NAME [PART OF ITS LABELS]: of the only sample
  is "samples of $1 with $2" "$(grep -c "^pgcleave_$1{.*${2:-}" "$scratch/tool.json")" 1
  seen=$(grep "^pgcleave_$1{.*${2:-}" "$scratch/tool.json" | awk '{ print $NF }')
}
tells() { value "$1" "$2"; is "$1 with $2" "$seen" "$3"; }

say "before the first run"
metrics
is "metrics" "$(grep -c '^pgcleave_' "$scratch/tool.json")" 1
contains "$scratch/tool.json" "pgcleave_info{version="

say "a gate waits"
tool 6 run "$runbook" -e "$environment"
metrics
tells run_waits_for_approval 'step="go"' 1
tells alert split= 1
tells run_info 'state="waiting for approval"' 1
tells process_alive split= 0
tells findings 'step="ready",severity="blockers"' 0

say "the process dies in the window, and its guard too"
load_begin --writers 4 --rate 20
kill_both_at "after effect release ownership" resume -e "$environment" --approve go
metrics
tells alert split= 2
tells window_open 'window="window"' 1
tells process_alive split= 0
value window_pause_seconds 'window="window"'
awk -v seen="$seen" 'BEGIN { exit !(seen > 0) }' || failed "clients wait, and the pause is $seen"

say "it is resumed, and the target serves"
tool 6 resume -e "$environment"
tool 0 resume -e "$environment" --approve go
load_end
metrics
tells serves_info 'serves="target"' 1
tells alert split= 0
tells window_open 'window="window"' 0
tells window_outcome_info 'outcome="done"' 1
value step_duration_seconds 'step="promote"'
value lag_bytes 'step="lag"'

say "and back"
tool 0 rollback -e "$environment"
tool 0 metrics -e "$environment" --to "$file"
is "mode of the file" "$(stat -c %a "$file")" 644
promtool check metrics <"$file" >"$scratch/promtool.out" 2>&1 || failed "promtool does not take the file"
contains "$file" 'serves="source"'
chmod 640 "$file"
tool 0 metrics -e "$environment" --to "$file"
is "mode of the file, as it was chosen" "$(stat -c %a "$file")" 640
tool 3 metrics -e "$environment" --to "$scratch/nowhere/pgcleave.prom"
contains "$scratch/tool.out" "nowhere"
say "ok"
