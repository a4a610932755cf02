#!/usr/bin/env bash
# A client holds a server connection of the pool for longer than the budget: the window is undone, and the error, the journal and the report
# name the session.
source "$(dirname "$0")/../scenario.sh"
lab_up 2
load_begin --writers 4 --reconnect 1 --rate 20
port=$(sed -n 's/^listen_port = //p' "$dir/bouncer-2.ini")
# Reads only, so that the forecast, which counts writers, lets the window begin.
PGAPPNAME=nightreport timeout 60 psql "host=127.0.0.1 port=$port user=app dbname=app" -qtAc "select pg_sleep(30)" >"$scratch/reader.out" 2>&1 &
reader=$!
sleep 1
say "PAUSE waits for a session that reads, until the budget is used up"
tool 4 run "$runbook" -e "$environment" --approve go --set pause_budget=2s
contains "$scratch/tool.out" "nightreport"
is "owner on the source" "$(owner_on_source)" 1
"$build/pgcleave" log -e "$environment" --json >"$scratch/log.jsonl"
jq -se 'any(.[]; .type == "step.failed" and (.data | tostring | contains("nightreport")))' "$scratch/log.jsonl" >/dev/null ||
  failed "the journal does not name the session"
is "steps after PAUSE that were begun" "$(jq -rs '[.[] | select(.type == "step.intent" and (.data.uses | startswith("ownership.release")))] | length' \
  "$scratch/log.jsonl")" 0
"$build/pgcleave" report run -e "$environment" >"$scratch/report.out"
contains "$scratch/report.out" "nightreport"
kill "$reader" 2>/dev/null || true
load_end 1
verify_clean source
say "ok"
