#!/usr/bin/env bash
# The target freezes in the window, while the replication is turned round: clients go on on the source, within the
# budget, and nothing that they write then is missing on the target when it wakes up.
source "$(dirname "$0")/../scenario.sh"
runbook=$root/runbooks/logical-switchover.yml
lab_up
load_begin --writers 8 --reconnect 2 --rate 20
rm -f "$scratch/reached"
PGCLEAVE_FAULT="sleep 700|after effect close publication" PGCLEAVE_FAULT_REACHED="$scratch/reached" \
  PGCLEAVE="$build/pgcleave-faulty" \
  tool 4 run "$runbook" -e "$environment" --approve go --set pause_budget=4s &
run=$!
wait_for_file "$scratch/reached"
"$lab" stop --dir "$dir" ci-1.postgres
for _ in $(seq 200); do [ "$(owner_on_source)" = 1 ] && break; sleep 0.05; done
is "owner on the source, while the target is frozen" "$(owner_on_source)" 1
is "reverse replication is cut off" \
  "$(source_sql "select subenabled from pg_subscription where subname = 'pgcleave_ci_reverse'")" f
is "forward replication is open" \
  "$(source_sql "select pubinsert from pg_publication where pubname = 'pgcleave_ci_forward'")" t
"$lab" cont --dir "$dir" ci-1.postgres
wait "$run" || failed "the undo did not end well"
is "state" "$(status .state)" "window undone"
sleep 2
is "rows that the source has and the target lacks" \
  "$(source_sql "select count(*) from ci.counters where client >= 0")" \
  "$(target_sql "select count(*) from ci.counters where client >= 0")"
tool 0 rollback -e "$environment"
is "the target streams" "$(target_sql "select status from pg_stat_wal_receiver")" streaming
load_end 1
verify_clean source
say "ok"
