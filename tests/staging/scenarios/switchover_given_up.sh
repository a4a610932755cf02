#!/usr/bin/env bash
# The early promotion can be given up: at the gate, after an approval that came later, and after the tool was killed in
# the window. Both sides are as they were, and the target streams again.
source "$(dirname "$0")/../scenario.sh"
runbook=$root/runbooks/logical-switchover.yml
lab_up
load_begin --writers 8 --reconnect 2 --rate 20
slots="select string_agg(slot_name, ' ' order by slot_name) from pg_replication_slots"
catalog() {
  source_sql "select (select count(*) from pg_trigger) || ' ' || (select count(*) from pg_namespace) || ' ' ||
    (select count(*) from pg_publication) || ' ' ||
    (select count(*) from pg_subscription) || ' ' || (select count(*) from pg_replication_origin) || ' ' || ($slots)"
}
ignored() { patronictl -c "$PATRONI_CONF" show-config "$1" | grep -c pgcleave || true; }
before=$(catalog)

say "nobody approves; the source serves, the target is locked, and is given up"
tool 6 run "$runbook" -e "$environment"
is "the target is promoted" "$(target_sql "select pg_is_in_recovery()")" f
is "the target's copy says that the source owns" "$(owner_on_target)" 1
if target_sql "insert into ci.counters (client, n) values (-5, 1)" >"$scratch/locked.out" 2>&1; then
  failed "the promoted target took a write"
fi
contains "$scratch/locked.out" 'the owner of split "ci" is source'
tool 0 rollback -e "$environment"
is "state" "$(status .state)" undone
is "the source's catalog" "$(catalog)" "$before"
is "the target streams" "$(target_sql "select status from pg_stat_wal_receiver")" streaming
is "slots on the target" "$(target_sql "select count(*) from pg_replication_slots where slot_name like 'pgcleave%'")" 0
is "what Patroni of main was told" "$(ignored main)" 0
is "what Patroni of ci was told" "$(ignored ci)" 0

say "a partition that came to be on the source after the promotion would not reach the target: refused before" \
  "the window"
tool 6 run "$runbook" -e "$environment"
source_sql "create table ci.metrics_2026 partition of ci.metrics for values from ('2026-01-01') to ('2027-01-01')"
tool 4 resume -e "$environment" --approve go
contains "$scratch/tool.out" "open publication of 26 tables, 27 wanted, and it is read"
is "state" "$(status .state)" undone
source_sql "drop table ci.metrics_2026"

say "approved later: the run goes on where it was"
tool 6 run "$runbook" -e "$environment"
run=$(status .run)
tool 0 approve "$run" go -e "$environment"
tool 0 resume "$run" -e "$environment"
is "owner on the target" "$(owner_on_target)" 2
load_end 1
verify_clean target
load_begin --writers 8 --reconnect 2 --rate 20
tool 0 rollback -e "$environment"
is "owner on the source" "$(owner_on_source)" 1

say "killed when the replication was half turned round: resume turns it back, and goes on"
kill_both_at "after effect close publication" run "$runbook" -e "$environment" --approve go
is "owners" "$(owner_on_source) $(owner_on_target)" "0 0"
tool 0 resume -e "$environment" --approve go
is "owner on the target" "$(owner_on_target)" 2
load_end 1
verify_clean target
load_begin --writers 8 --reconnect 2 --rate 20
tool 0 rollback -e "$environment"

say "killed when reverse replication was proven, just before the take: rollback gives all of it up"
kill_both_at "after effect prove reverse replication" run "$runbook" -e "$environment" --approve go
tool 0 rollback -e "$environment"
is "state" "$(status .state)" undone
is "owner on the source" "$(owner_on_source)" 1
is "the target streams" "$(target_sql "select status from pg_stat_wal_receiver")" streaming
load_end 1
verify_clean source
say "ok"
