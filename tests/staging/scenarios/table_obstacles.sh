#!/usr/bin/env bash
# What the fence would not hold, or replication would not carry, is refused by the run itself before anything is
# changed. Prepared transactions are looked for before the run, again just before the window, and once more after the
# promotion, which copies them.
source "$(dirname "$0")/../scenario.sh"
logical=$root/runbooks/logical-switchover.yml
lab_up 2

left_behind() {
  source_sql "select (select count(*) from pg_publication) || ' ' ||
    (select count(*) from pg_namespace where nspname = 'pgcleave')"
}
# refuse TEXT...: either runbook says so, and changes nothing
refuse() {
  local each text
  for each in "$runbook" "$logical"; do
    tool 3 run "$each" -e "$environment" --approve go
    for text in "$@"; do contains "$scratch/tool.out" "$text"; done
    is "publications, and schemas of ours, after a refusal" "$(left_behind)" "0 0"
  done
  say "refused: $1"
}

as_app "create table ci.late_key (id int primary key deferrable, v text);
  insert into ci.late_key values (1, 'a')"
refuse "blocker schema.no_replica_identity: table ci.late_key" \
  "its primary key is DEFERRABLE, which is no replica identity"
source_sql "update ci.late_key set v = 'b'; drop table ci.late_key"

as_app "create table ci.papers (id int, j json); alter table ci.papers replica identity full"
refuse "blocker schema.identity_not_applicable: table ci.papers" "no equality operator for column j of type json"
source_sql "drop table ci.papers"

as_app "create table public.child (primary key (id)) inherits (ci.pipelines)"
refuse "it inherits from ci.pipelines, and of the two only ci.pipelines moves" \
  "ALTER TABLE public.child NO INHERIT ci.pipelines"
source_sql "drop table public.child"

say "a partition whose DETACH CONCURRENTLY gave up"
psql "$SOURCE" -qtA -c "begin" -c "select count(*) from ci.build_log" -c "select pg_sleep(3)" >/dev/null 2>&1 &
sleep 1
psql "$SOURCE" -q -c "set lock_timeout = '500ms'" \
  -c "alter table ci.build_log detach partition ci.build_log_3 concurrently" 2>/dev/null || true
is "half detached" \
  "$(source_sql "select inhdetachpending from pg_inherits where inhrelid = 'ci.build_log_3'::regclass")" t
refuse "was begun and not finished" "ALTER TABLE ci.build_log DETACH PARTITION ci.build_log_3 FINALIZE"
source_sql "alter table ci.build_log detach partition ci.build_log_3 finalize"
as_app "alter table ci.build_log attach partition ci.build_log_3 for values with (modulus 4, remainder 3)"

say "a table of an extension is classified like all others"
source_sql "create schema conf; create table conf.jobs (id int primary key);
  alter extension pg_stat_statements add table conf.jobs;
  create table ci.configured (id int primary key); alter extension pg_stat_statements add table ci.configured;
  alter table ci.configured owner to app; alter table conf.jobs owner to app; grant usage on schema conf to app"
tool 2 run "$runbook" -e "$environment" --approve go
contains "$scratch/tool.out" "conf.jobs belongs to extension pg_stat_statements: put it under shared"
sed -i 's/^shared:.*/shared: {schemas: [conf]}/' "$dir/split.yml"
grep -q 'conf' "$dir/split.yml" || failed "the split file does not name schema conf"

say "prepared transactions: before the run, and again just before the window"
hold_prepared() {
  psql "$1" -qtA -c "begin; update public.users set name = name where id = 1; prepare transaction '$2'" >/dev/null
}
hold_prepared "$SOURCE" early
refuse "blocker workload.prepared_transaction: prepared transaction early" "ROLLBACK PREPARED 'early'"
source_sql "rollback prepared 'early'"
tool 6 run "$runbook" -e "$environment"
hold_prepared "$SOURCE" waiting
tool 4 resume -e "$environment" --approve go
contains "$scratch/tool.out" "prepared transaction waiting"
is "owner on the source, if any" "$(source_sql "select count(*) from pg_namespace where nspname = 'pgcleave'")" 0
source_sql "rollback prepared 'waiting'"

say "one that the promotion copies is named with how to end it, and waited for"
held_at "before effect promote" run "$logical"
hold_prepared "$SOURCE" copied
replayed() { target_sql "select pg_last_wal_replay_lsn() >= '$(source_sql "select pg_current_wal_flush_lsn()")'"; }
until [ "$(replayed)" = t ]; do sleep 0.1; done
go_on
for _ in $(seq 300); do grep -q "ROLLBACK PREPARED 'copied'" "$scratch/held.out" && break; sleep 0.1; done
contains "$scratch/held.out" "ROLLBACK PREPARED 'copied'"
target_sql "rollback prepared 'copied'"
held_ends 0
source_sql "commit prepared 'copied'"
is "a write to the extension's moved table on the source" \
  "$(psql "$SOURCE" -v VERBOSITY=verbose -qtAc "insert into ci.configured values (1)" 2>&1 | grep -o 2F002 |
    head -n 1)" 2F002
target_sql "insert into ci.configured values (2)"
# PostgreSQL counts the row of the transaction that was rolled back on the target, so it is given up in words.
tool 0 rollback -e "$environment" --approve "give_up=give up 1 row of public.users"
is "what the target wrote to it came back" "$(source_sql "select id from ci.configured")" 2
say "ok"
