#!/usr/bin/env bash
# Writers that go round the bouncers: one that holds a lock is named and the cutover undone; one that comes later, also
# in a REPEATABLE READ transaction that began before the fence, is stopped by PostgreSQL.
source "$(dirname "$0")/../scenario.sh"
lab_up
load_begin --writers 6 --reconnect 1 --rate 20

say "a session that writes round the bouncers is named, and the window undone"
tool 6 run "$runbook" -e "$environment" --set pause_budget=6s --set 'accept=[workload.session_goes_round]'
mkfifo "$scratch/writer"
PGAPPNAME=night_batch psql "$SOURCE" -v ON_ERROR_STOP=1 -qtA <"$scratch/writer" >"$scratch/writer.out" 2>&1 &
writer=$!
exec 7>"$scratch/writer"
# It begins between the forecast, which would wait for it, and the window.
held_at "before record phase.begun window" resume
echo "begin; update ci.counters set writes = writes where client = -1;" >&7
sleep 0.5
held_ends 4
contains "$scratch/held.out" "night_batch"
contains "$scratch/held.out" "ci.counters"
contains "$scratch/held.out" "source main owns"
is "state" "$(status .state)" "window undone"
echo "rollback;" >&7
exec 7>&-
wait "$writer" || true
is "owner on the source" "$(owner_on_source)" 1
tool 0 rollback -e "$environment"
is "state" "$(status .state)" undone
is "fence triggers after the undo" "$(source_sql "select count(*) from pg_trigger where tgname like '%pgcleave%'")" 0
is "schema pgcleave after the undo" "$(source_sql "select count(*) from pg_namespace where nspname = 'pgcleave'")" 0
is "publications after the undo" "$(source_sql "select count(*) from pg_publication")" 0

say "a REPEATABLE READ transaction from before the fence can't write after it"
mkfifo "$scratch/reader"
PGAPPNAME=report psql "$SOURCE" -qtA <"$scratch/reader" >"$scratch/reader.out" 2>&1 &
reader=$!
exec 8>"$scratch/reader"
echo "begin isolation level repeatable read; select count(*) from ci.counters; \\echo snapshot taken" >&8
sleep 0.5
contains "$scratch/reader.out" "snapshot taken"
rm -f "$scratch/reached"
PGCLEAVE_FAULT="sleep 1500|after effect release ownership" PGCLEAVE_FAULT_REACHED="$scratch/reached" \
  PGCLEAVE="$build/pgcleave-faulty" \
  tool 0 run "$runbook" -e "$environment" --approve go --set pause_budget=10s &
run=$!
wait_for_file "$scratch/reached"
echo "update ci.counters set writes = writes + 1;" >&8
if psql "$SOURCE" -qtAc "insert into ci.counters (client, writes) values (-1, 1)" >"$scratch/direct.out" 2>&1; then
  failed "psql could write round the fence"
fi
contains "$scratch/direct.out" "the owner of split \"ci\" is nobody"
wait "$run" || failed "the cutover did not end well: $(cat "$scratch/tool.out")"
exec 8>&-
wait "$reader" || true
contains "$scratch/reader.out" "ERROR"
if psql "$SOURCE" -qtAc "truncate ci.counters" >"$scratch/direct.out" 2>&1; then
  failed "psql could truncate on the source after the cutover"
fi
is "SQLSTATE" \
  "$(psql "$SOURCE" -v VERBOSITY=verbose -qtAc "delete from ci.counters" 2>&1 | grep -o 2F002 | head -n 1)" 2F002
load_end 1
verify_clean target
say "ok"
