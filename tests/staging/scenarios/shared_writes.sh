#!/usr/bin/env bash
# What clients write on the promoted target to tables that stay or that both sides keep is in nobody's replication: a
# rollback gives it up. It is named by status, asked for in words that hold tables and counts, and never destroyed
# without them, with every runbook that promotes.
source "$(dirname "$0")/../scenario.sh"
# Without a replica of the target: runs follow each other faster than Patroni rewinds one, and a leader that is to be
# rewound waits for it.
lab_up 1 --target-members 1
sed -i 's/^shared: {}/shared: {tables: [public.cfg]}/' "$dir/split.yml"
as_app "create table public.cfg (id int primary key, v text); insert into public.cfg values (1, 'old')"

cfg() { $1 "select string_agg(id || v, ',' order by id) from public.cfg"; }
streams() { is "the target streams" "$(target_sql "select status from pg_stat_wal_receiver")" streaming; }
serves() { is "owners" "$(owner_on_source) $(owner_on_target)" "$1"; }
# Counters of a session that has ended are handed in.
write_shared() { target_sql "update public.cfg set v = 'new' where id = 1; insert into public.cfg values (2, 'mine')"; }
nothing_was_destroyed() {
  is "the target is a primary still" "$(target_sql "select pg_is_in_recovery()")" f
  is "the shared table on the target" "$(cfg target_sql)" "1new,2mine"
}
words="give up 2 rows of public.cfg"

for name in logical-switchover promote-standby maintenance-window; do
  runbook=$root/runbooks/$name.yml
  approve=(--approve go)
  [ "$name" = maintenance-window ] && approve+=(--approve tested)

  say "$name: nothing was written, so a rollback asks nobody and says that nothing was left behind"
  tool 0 run "$runbook" -e "$environment" "${approve[@]}"
  "$build/pgcleave" status -e "$environment" >"$scratch/status.out"
  contains "$scratch/status.out" "a rollback now would lose nothing"
  tool 0 rollback -e "$environment"
  contains "$scratch/tool.out" "no write was left behind"
  streams

  say "$name: kept tables are fenced on the target; shared ones take writes, which status shows and a rollback asks for"
  tool 0 run "$runbook" -e "$environment" "${approve[@]}"
  if target_sql "insert into public.users (name) values ('x')" >"$scratch/kept.out" 2>&1; then
    failed "a kept table took a write"
  fi
  contains "$scratch/kept.out" 'it stayed behind in split "ci"'
  write_shared
  "$build/pgcleave" status -e "$environment" >"$scratch/status.out"
  contains "$scratch/status.out" "2 rows of public.cfg"
  if grep -q "would lose nothing" "$scratch/status.out"; then
    failed "status says that a rollback would lose nothing"
  fi
  "$build/pgcleave" plan "$runbook" -e "$environment" >"$scratch/plan.out" 2>&1 || true
  contains "$scratch/plan.out" "2 rows of public.cfg"
  tool 6 rollback -e "$environment"
  contains "$scratch/tool.out" "2 rows of public.cfg"
  contains "$scratch/tool.out" "to approve, type: $words"
  tool 3 rollback -e "$environment" --approve "give_up=give up the test writes"
  serves "0 2"
  nothing_was_destroyed

  say "$name: the words are typed, and the rows are gone; the rollback says so"
  tool 6 rollback -e "$environment"
  tool 0 approve "$(status .run)" give_up --words "$words" -e "$environment"
  tool 0 resume -e "$environment"
  contains "$scratch/tool.out" "without 2 rows of public.cfg"
  is "state" "$(status .state)" "rolled back"
  is "the shared table on the source" "$(cfg source_sql)" "1old"
  is "the shared table on the target" "$(cfg target_sql)" "1old"
  streams
done

say "more was written after the words were typed: the source serves, and the target stays as it is until that" \
  "is given up too"
runbook=$root/runbooks/promote-standby.yml
tool 0 run "$runbook" -e "$environment" --approve go
write_shared
PGCLEAVE_FAULT="hold|before effect CHECKPOINT on target ci, which pg_rewind needs" \
  PGCLEAVE_FAULT_REACHED=$scratch/reached \
  "$build/pgcleave-faulty" rollback -e "$environment" --approve "give_up=$words" >"$scratch/held.out" 2>&1 &
held=$!
wait_for_file "$scratch/reached"
target_sql "insert into public.cfg values (3, 'late')"
rm "$scratch/reached"
code=0; wait $held || code=$?
is "exit code" "$code" 6
contains "$scratch/held.out" "3 rows of public.cfg"
serves "1 0"
is "the target is a primary still" "$(target_sql "select pg_is_in_recovery()")" f
is "the shared table on the target" "$(cfg target_sql)" "1new,2mine,3late"
tool 6 resume -e "$environment"
tool 2 approve "$(status .run)" reattach --words "$words" -e "$environment"
tool 0 approve "$(status .run)" reattach --words "give up 3 rows of public.cfg" -e "$environment"
tool 0 resume -e "$environment"
contains "$scratch/tool.out" "without 3 rows of public.cfg"
streams

say "an early promotion that is given up: refused before anything is undone, and either way is open"
runbook=$root/runbooks/logical-switchover.yml
tool 6 run "$runbook" -e "$environment"
write_shared
"$build/pgcleave" status -e "$environment" >"$scratch/status.out"
contains "$scratch/status.out" "2 rows of public.cfg"
before=$(source_sql "select string_agg(slot_name, ' ' order by slot_name) from pg_replication_slots")
tool 6 rollback -e "$environment"
contains "$scratch/tool.out" "2 rows of public.cfg"
contains "$scratch/tool.out" "nothing was undone"
is "slots on the source" \
  "$(source_sql "select string_agg(slot_name, ' ' order by slot_name) from pg_replication_slots")" "$before"
nothing_was_destroyed
tool 2 approve "$(status .run)" promote --words "give up the test writes" -e "$environment"
tool 0 approve "$(status .run)" promote --words "$words" -e "$environment"
tool 0 rollback -e "$environment"
is "state" "$(status .state)" undone
streams
is "the shared table on the target" "$(cfg target_sql)" "1old"

say "counters that a crash has lost can't tell, and that is said; so is a table that was emptied"
tool 0 run "$runbook" -e "$environment" --approve go
target_sql "truncate public.cfg"
tool 6 rollback -e "$environment"
contains "$scratch/tool.out" "public.cfg was truncated or rewritten"
contains "$scratch/tool.out" "type: give up what cannot be counted"
"$build/pgcleave" status -e "$environment" >"$scratch/status.out"
contains "$scratch/status.out" "public.cfg was truncated or rewritten"
"$lab" kill ci-1.postgres --dir "$dir" >/dev/null 2>&1 || failed "ci-1's PostgreSQL could not be killed"
crash_is_told() {
  "$build/pgcleave" status -e "$environment" >"$scratch/status.out"
  grep -qE "counters of target ci were reset after that|has begun another timeline since it was split off" \
    "$scratch/status.out"
}
for _ in $(seq 120); do crash_is_told && break; sleep 0.5; done
crash_is_told || failed "status does not say that a crash has lost the counters"
if grep -q "would lose nothing" "$scratch/status.out"; then failed "status says that a rollback would lose nothing"; fi
say "ok"
