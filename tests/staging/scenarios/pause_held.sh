#!/usr/bin/env bash
# A client holds a server connection of the pool for longer than the budget: the window is undone, and the error, the
# journal and the report name the session.
source "$(dirname "$0")/../scenario.sh"
lab_up 2
load_begin --writers 4 --reconnect 1 --rate 20
port=$(sed -n 's/^listen_port = //p' "$dir/bouncer-2.ini")
reads_for() {  # reads_for SECONDS: a report, through bouncer-2
  PGAPPNAME=nightreport timeout 60 psql "host=127.0.0.1 port=$port user=app dbname=app" -qtAc "select pg_sleep($1)" \
    >"$scratch/reader.out" 2>&1 &
  reader=$!
}

say "a session that reads when the gate is reached is waited for outside of the window"
reads_for 12
sleep 4
tool 0 run "$runbook" -e "$environment" --approve go --set pause_budget=3s
wait "$reader" || failed "the reader was cut off: $(cat "$scratch/reader.out")"
contains "$scratch/tool.out" "of app (nightreport), active for"
"$build/pgcleave" log -e "$environment" --json >"$scratch/log.jsonl"
waited=$(jq -rs '[.[] | select(.type == "step.done" and .data.step == "forecast")] | last.data.ms' "$scratch/log.jsonl")
[ "${waited%.*}" -gt 1000 ] || failed "the forecast let the window begin after $waited ms"
tool 0 rollback -e "$environment"

say "PAUSE waits for a session that began to read after that, until the budget is used up"
rm -f "$scratch/reached"
PGCLEAVE_FAULT="hold|before effect PAUSE" PGCLEAVE_FAULT_REACHED="$scratch/reached" \
  "$build/pgcleave-faulty" run "$runbook" -e "$environment" \
  --approve go --set pause_budget=2s >"$scratch/tool.out" 2>&1 &
run=$!
wait_for_file "$scratch/reached"
reads_for 30
until [ "$(source_sql "select count(*) from pg_stat_activity
  where query = 'select pg_sleep(30)' and state = 'active'")" = 1 ]; do
  sleep 0.05
done
rm -f "$scratch/reached"
code=0
wait "$run" || code=$?
is "exit code" "$code" 4
contains "$scratch/tool.out" "nightreport"
is "owner on the source" "$(owner_on_source)" 1
"$build/pgcleave" log -e "$environment" --json >"$scratch/log.jsonl"
jq -se 'any(.[]; .type == "step.failed" and (.data | tostring | contains("nightreport")))' "$scratch/log.jsonl" \
  >/dev/null ||
  failed "the journal does not name the session"
is "steps after PAUSE that were begun" \
  "$(jq -rs '[.[] | select(.type == "step.intent" and (.data.uses | startswith("ownership.release")))] | length' \
  "$scratch/log.jsonl")" 0
"$build/pgcleave" report run -e "$environment" >"$scratch/report.out"
contains "$scratch/report.out" "nightreport"
kill "$reader" 2>/dev/null || true
load_end 1
verify_clean source
say "ok"
