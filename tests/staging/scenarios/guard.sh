#!/usr/bin/env bash
# Nobody types anything: whatever happens to the tool in a window, its guard brings clients back, and whoever comes
# later goes on.
source "$(dirname "$0")/../scenario.sh"
lab_up
load_begin --writers 8 --reconnect 2 --rate 20

now_ms() { date +%s%3N; }
# flows_again: a write through each bouncer is acknowledged, and nobody helps. How soon is measured by script/test
# faults, not here
flows_again() {
  local began port
  began=$(now_ms)
  for port in $(printf '%s\n' "$BOUNCERS" | grep -o 'port=[0-9]*'); do
    until timeout 5 psql "host=127.0.0.1 $port user=app dbname=$DB" -qtAc "select 1" >/dev/null 2>&1; do
      [ $(($(now_ms) - began)) -lt 10000 ] || failed "clients still wait at $port"
    done
  done
  took=$(($(now_ms) - began))
  say "clients are served $took ms after the tool was gone"
  [ "$took" -lt 8000 ] || failed "clients were served only after $took ms"
}

say "killed before the point of no return: undone"
kill_at "after effect release ownership" run "$runbook" -e "$environment" --approve go
flows_again
guard_ends_within 10
contains "$scratch/killed.out" "its process died in the window; bringing clients back"
is "state" "$(status .state)" "window undone"
is "owner on the source" "$(owner_on_source)" 1

say "killed past it: finished; resume only verifies"
kill_at "after effect give ownership" resume -e "$environment" --approve go
flows_again
guard_ends_within 10
is "owner on the target" "$(owner_on_target)" 2
is "the window is behind" "$(status .windows.window.outcome)" "done"
is "state" "$(status .state)" stopped
tool 0 resume -e "$environment"
is "state" "$(status .state)" "done"

say "killed in the rollback's window: undone, then gone again"
kill_at "after effect release ownership" rollback -e "$environment"
flows_again
guard_ends_within 10
is "owner on the target" "$(owner_on_target)" 2
tool 0 rollback -e "$environment"
is "owner on the source" "$(owner_on_source)" 1

say "gone only seconds after its files were closed: undone"
code=0
PGCLEAVE_FAULT="fade 3000|after effect release ownership" "$build/pgcleave-faulty" run "$runbook" \
  -e "$environment" --approve go >"$scratch/faded.out" 2>&1 || code=$?
is "the tool that faded" "$code" 137
flows_again
guard_ends_within 10
contains "$scratch/faded.out" "its process died in the window; bringing clients back"
is "state" "$(status .state)" "window undone"

say "stopped for longer than the window may last: killed, and undone"
PGCLEAVE_FAULT="sleep 60000|after effect PAUSE" PGCLEAVE_FAULT_REACHED=$scratch/reached \
  "$build/pgcleave-faulty" resume \
  -e "$environment" --approve go >"$scratch/stopped.out" 2>&1 &
tool_pid=$!
wait_for_file "$scratch/reached"
kill -STOP "$tool_pid"
code=0
wait "$tool_pid" || code=$?
is "the stopped tool" "$code" 137
flows_again
guard_ends_within 10
contains "$scratch/stopped.out" "was stopped for longer than the window may last"
is "state" "$(status .state)" "window undone"

say "without a guard nobody's clients wait"
code=0
PGCLEAVE_GUARD_FAULT="kill|guard ready" "$build/pgcleave-faulty" resume -e "$environment" --approve go \
  >"$scratch/alone.out" 2>&1 || code=$?
is "a run without its guard" "$code" 4
contains "$scratch/alone.out" "nobody's clients wait without a guard"
is "state" "$(status .state)" undone

load_end 1
verify_clean source
say "ok"
