#!/usr/bin/env bash
# Ctrl-C: between steps the run stops there; in the window, before ownership is taken, the window is undone; after it
# the window is finished first. Twice is no different.
source "$(dirname "$0")/../scenario.sh"
lab_up
load_begin --writers 8 --reconnect 2 --rate 20

# interrupt_at POINT EXIT WORDS...: holds the tool at a point, sends SIGINT twice, expects the exit code
interrupt_at() {
  local point=$1 expected=$2 code=0
  shift 2
  rm -f "$scratch/reached"
  PGCLEAVE_FAULT="sleep 700|$point" PGCLEAVE_FAULT_REACHED="$scratch/reached" "$build/pgcleave-faulty" "$@" \
    >"$scratch/interrupted.out" 2>&1 &
  local run=$!
  wait_for_file "$scratch/reached"
  kill -INT "$run"
  sleep 0.2
  kill -INT "$run"
  wait "$run" || code=$?
  is "exit code after ctrl-C at '$point'" "$code" "$expected"
}

interrupt_at "after effect create publication" 5 run "$runbook" -e "$environment" --approve go
is "state" "$(status .state)" stopped
is "owner on the source" "$(owner_on_source)" 1
interrupt_at "after effect release ownership" 4 resume -e "$environment" --approve go
contains "$scratch/interrupted.out" "source main owns the moved tables; clients do not wait"
is "owner on the source" "$(owner_on_source)" 1
interrupt_at "after effect promote" 4 resume -e "$environment" --approve go
is "owner on the source" "$(owner_on_source)" 1
is "ci is a standby again" "$(target_sql "select pg_is_in_recovery()")" t
interrupt_at "after effect give ownership" 8 resume -e "$environment" --approve go
is "owner on the target" "$(owner_on_target)" 2
is "the window" "$(status .windows.window.outcome)" "done"
tool 0 resume -e "$environment"
is "state" "$(status .state)" "done"
load_end 1
verify_clean target
say "ok"
