#!/usr/bin/env bash
# The standby stops replaying just before the window, or the machine is slow in it: the budget is blown, everything is
# undone, clients go on on the source.
source "$(dirname "$0")/../scenario.sh"
lab_up
load_begin --writers 8 --reconnect 2 --rate 20
tool 6 run "$runbook" -e "$environment" --set pause_budget=2s --set max_lag=1GiB
is "state" "$(status .state)" "waiting for approval"

say "with the sides swapped in the environment file it is resumed by nobody"
sed -e 's/^source:/swapped:/' -e 's/^target:/source:/' -e 's/^swapped:/target:/' "$environment" >"$dir/swapped.yml"
for verb in resume rollback; do
  tool 2 "$verb" -e "$dir/swapped.yml"
  contains "$scratch/tool.out" "has another source than the run began with"
done
is "state" "$(status .state)" "waiting for approval"

say "replay stops"
startup=$(replaying_process)
kill -STOP "$startup"
trap 'kill -CONT "$startup" 2>/dev/null || true; clean_up' EXIT
tool 4 resume -e "$environment" --approve go
contains "$scratch/tool.out" "has replayed"
contains "$scratch/tool.out" "source main owns the moved tables"
kill -CONT "$startup"
is "state" "$(status .state)" "window undone"
load_end 2
verify_clean source
is "the window" "$(status '.windows.window.outcome')" undone
wait_max=$(jq .client_wait_max_ms "$scratch/verdict.out")
[ "${wait_max%.*}" -lt 2000 ] || failed "a client waited $wait_max ms, the budget was 2000 ms"

say "the budget is used up between the last check and the request for ownership: it is not sent"
load_begin --writers 8 --reconnect 2 --rate 20
PGCLEAVE=$build/pgcleave-faulty PGCLEAVE_FAULT="sleep 1500|before effect give ownership" \
  tool 4 resume -e "$environment" --approve go
contains "$scratch/tool.out" "not begun, since the time for it was over"
contains "$scratch/tool.out" "source main owns the moved tables"
load_end 1
verify_clean source

say "the same again, without the obstacle"
load_begin --writers 8 --reconnect 2 --rate 20
tool 7 run "$runbook" -e "$environment" --approve go
tool 0 resume -e "$environment" --approve go
load_end 1
verify_clean target
say "ok"
