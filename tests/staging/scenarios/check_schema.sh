#!/usr/bin/env bash
# Defects of the schema and of the workload are planted; check finds each by its id and nothing else, and each blocker
# stops a run before anything is changed.
source "$(dirname "$0")/../scenario.sh"
lab_up
source "$root/tests/staging/plants.sh"
bouncer="host=127.0.0.1 $(printf '%s\n' "$BOUNCERS" | head -n 1 | grep -o 'port=[0-9]*') user=app dbname=$DB"
# hold NAME CONNECTION STATEMENTS...: a session that stays, idle after its last statement
hold() {
  local name=$1 connection=$2 statement arguments=()
  shift 2
  for statement in "$@"; do arguments+=(-c "$statement"); done
  PGAPPNAME=$name setsid psql "$connection" -v ON_ERROR_STOP=1 -qtA "${arguments[@]}" -c '\! sleep 120' \
    >"$scratch/$name.log" 2>&1 </dev/null &
  echo $! >"$scratch/$name.pid"
  until_sees "source_sql \"select state from pg_stat_activity where application_name = '$name'\"" "idle"
}
# half_detach PARENT PARTITION: DETACH ... CONCURRENTLY that gives up while it waits for a reader
half_detach() {
  PGAPPNAME=reads_on psql "$SOURCE" -qtA -c "begin" -c "select count(*) from $1" -c "select pg_sleep(30)" \
    >/dev/null 2>&1 &
  until_sees "source_sql \"select wait_event from pg_stat_activity where application_name = 'reads_on'\"" PgSleep
  ! psql "$SOURCE" -q -c "set lock_timeout = '300ms'" -c "alter table $1 detach partition $2 concurrently" || return 1
  source_sql "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'reads_on'" >/dev/null
  is "half detached" "$(source_sql "select inhdetachpending from pg_inherits where inhrelid = '$2'::regclass")" t
}
end_session() {
  kill -- "-$(cat "$scratch/$1.pid")"
  local others="select from pg_stat_activity where application_name = '$1' and state <> 'idle'"
  until_sees "source_sql \"select 'none' where not exists ($others)\"" none
}
nothing_to_find "on a healthy lab"

say "what crosses the line"
defect schema.foreign_key_crosses "a foreign key from a moved table to a kept one" \
  'as_app "alter table ci.jobs add column account int references public.accounts"' \
  'as_app "alter table ci.jobs drop column account"' 'moved ci.jobs refers to kept public.accounts'
defect schema.foreign_key_crosses "a foreign key from a kept table to a moved one" \
  'as_app "alter table public.users add column runner int references public.ci_runners"' \
  'as_app "alter table public.users drop column runner"' 'kept public.users refers to moved public.ci_runners'
defect schema.view_crosses "a view over both parts" \
  'as_app "create view public.mixed as select b.id, u.name from ci.builds b join public.users u on u.id = b.client"' \
  'as_app "drop view public.mixed cascade"' 'view public.mixed'
defect schema.view_crosses "a view over a view over both parts" \
  'as_app "create view public.mixed_names as select name from public.mixed"' ':' 'view public.mixed_names'
defect schema.materialized_view_crosses "a materialized view over both parts" \
  'as_app "create materialized view ci.mixed as select count(*) from ci.tokens, public.accounts"' \
  'as_app "drop materialized view ci.mixed"'
defect schema.function_crosses "a function in SQL that joins both parts" \
  'as_app "create function public.in_sql() returns bigint language sql as
           \$\$ select count(*) from ci.jobs, public.users \$\$"' \
  'as_app "drop function public.in_sql()"' 'public.users'
defect schema.function_crosses "a function in PL/pgSQL that calls another, and has dynamic SQL" \
  'as_app "create function public.touches_ci() returns void language plpgsql as
           \$\$ begin execute '"'delete from ci.tokens where client = 1'"'; end \$\$;
           create function public.in_plpgsql() returns void language plpgsql as
           \$\$ begin update public.users set name = name; perform public.touches_ci(); end \$\$"' \
  'as_app "drop function public.in_plpgsql(), public.touches_ci()"' \
  'moved ci.tokens (written); kept public.users (written)'
defect schema.trigger_crosses "a trigger of a kept table that writes a moved one" \
  'as_app "create function public.note_it() returns trigger language plpgsql as
           \$\$ begin insert into ci.tokens (client, n) values (-1, new.id); return null; end \$\$;
           create trigger note_it after update on public.users for each row execute function public.note_it()"' \
  'as_app "drop trigger note_it on public.users; drop function public.note_it()"' \
  'public.note_it touches moved ci.tokens (written)'
defect schema.rule_crosses "a rule of a kept table that deletes from a moved one" \
  'as_app "create rule forget as on delete to public.accounts do also delete from ci.counters where client = old.id"' \
  'as_app "drop rule forget on public.accounts"' 'rule forget'
defect schema.policy_crosses "a row policy of a moved table that asks a kept one" \
  'as_app "create policy own on ci.reports using (exists (select from public.users))"' \
  'as_app "drop policy own on ci.reports"' 'policy own'
defect schema.inheritance_crosses "a kept table that inherits from a moved one" \
  'as_app "create table public.child (primary key (id)) inherits (ci.pipelines)"' 'as_app "drop table public.child"' \
  'public.child'
defect schema.inheritance_crosses "a moved table that inherits from a kept one" \
  'as_app "create table ci.child (primary key (id)) inherits (public.accounts)"' 'as_app "drop table ci.child"' \
  'ci.child'
also schema.sequence_crosses
look_for_defects

say "what the moved tables are like, and who works on the database by himself"
defect schema.sequence_crosses "a sequence of a moved table that fills a kept one" \
  'as_app "alter table public.accounts alter id set default nextval('"'ci.file_id_seq'"')"' \
  'as_app "alter table public.accounts alter id set default nextval('"'public.accounts_id_seq'"')"' 'ci.file_id_seq'
defect schema.no_replica_identity "a moved table without a key" 'as_app "create table ci.no_key (a int)"' \
  'as_app "drop table ci.no_key"' 'ci.no_key'
defect schema.no_replica_identity "a moved table whose primary key is DEFERRABLE" \
  'as_app "create table ci.late_key (a int primary key deferrable)"' 'as_app "drop table ci.late_key"' 'DEFERRABLE'
defect schema.identity_not_applicable "a table of REPLICA IDENTITY FULL with a json column" \
  'as_app "create table ci.papers (j json); alter table ci.papers replica identity full"' \
  'as_app "drop table ci.papers"' 'column j of type json'
defect schema.partition_half_detached "a partition whose DETACH CONCURRENTLY gave up" \
  'half_detach ci.build_log ci.build_log_3' \
  'as_app "alter table ci.build_log detach partition ci.build_log_3 finalize;
           alter table ci.build_log attach partition ci.build_log_3 for values with (modulus 4, remainder 3)"' \
  'ci.build_log_3'
defect schema.in_no_class "a materialized view and nothing else of its kind" ':' ':' 'ci.builds_per_client'
defect schema.unlogged_table "a moved table that is unlogged" \
  'as_app "create unlogged table ci.forgetful (a int primary key)"' 'as_app "drop table ci.forgetful"' 'ci.forgetful'
defect schema.large_objects "large objects" 'as_app "select lo_create(4711)"' 'as_app "select lo_unlink(4711)"'
defect schema.sequence_nearly_used_up "a serial that has used 84 % of its integers" \
  'as_app "select setval('"'ci.pipelines_id_seq'"', 1800000000)"' \
  'as_app "select setval('"'ci.pipelines_id_seq'"', 1000)"' '84 %'
defect schema.sequence_nearly_used_up "a bigint sequence that fills an integer column" \
  'as_app "create sequence ci.wide as bigint;
           create table ci.narrow (id int primary key default nextval('"'ci.wide'"'));
           select setval('"'ci.wide'"', 2000000000)"' \
  'as_app "drop table ci.narrow; drop sequence ci.wide"' 'sequence ci.wide'
defect schema.invalid_unique_index "a unique index that the data broke while it was built" \
  'as_app "create table ci.twice as select 1 as a, i as id from generate_series(1, 3) i;
           alter table ci.twice add primary key (id)";
   ! source_sql "create unique index concurrently twice_a on ci.twice (a)";
   is "valid" "$(source_sql "select indisvalid from pg_index where indexrelid = '"'ci.twice_a'"'::regclass")" f' \
  'as_app "drop table ci.twice"' 'twice_a'
defect schema.invalid_index "an index whose build was cut off" \
  'source_sql "update pg_index set indisvalid = false where indexrelid = '"'ci.builds_by_pipeline'"'::regclass"' \
  'source_sql "update pg_index set indisvalid = true where indexrelid = '"'ci.builds_by_pipeline'"'::regclass"' \
  'builds_by_pipeline'
defect schema.duplicate_index "two indexes for one purpose" 'as_app "create index again on ci.jobs (client, n)"' \
  'as_app "drop index ci.again"' 'index again'
defect schema.constraint_not_validated "a constraint that was never validated" \
  'as_app "alter table ci.jobs add constraint positive check (n > -100) not valid"' \
  'as_app "alter table ci.jobs drop constraint positive"'
defect schema.trigger_fires_on_apply "a trigger that fires for replicated rows too" \
  'as_app "alter table ci.builds enable always trigger audit_build"' \
  'as_app "alter table ci.builds enable trigger audit_build"'
defect schema.publication "a publication for somebody's change data capture" \
  'source_sql "create publication others for table ci.builds"' 'source_sql "drop publication others"'
defect schema.subscription "a subscription to another database" \
  'source_sql "create subscription from_elsewhere connection '"'host=nowhere.invalid'"'
               publication p with (connect = false)"' \
  'source_sql "alter subscription from_elsewhere set (slot_name = none); drop subscription from_elsewhere"'
defect schema.foreign_table "a foreign table" \
  'source_sql "create extension postgres_fdw; create server away foreign data wrapper postgres_fdw;
               create foreign table ci.far (a int) server away"' \
  'source_sql "drop extension postgres_fdw cascade"'
defect schema.event_trigger "an event trigger" \
  'source_sql "create function public.watch() returns event_trigger language plpgsql as \$\$ begin end \$\$;
               create event trigger watcher on ddl_command_end execute function public.watch()"' \
  'source_sql "drop event trigger watcher; drop function public.watch()"'
defect schema.sequential_scan "a hot statement that reads a big table from end to end" \
  'as_app "create table ci.big as
             select i as id, i % 5000 as client, repeat('"'x'"', 250) as pad from generate_series(1, 60000) i;
           alter table ci.big add primary key (id); analyze ci.big";
   { echo "set role app;"; for i in $(seq 110); do echo "select id from ci.big where client = $i;"; done; } |
     psql "$SOURCE" -q >/dev/null;
   until_sees "target_sql \"select count(*) from ci.big\"" 60000' \
  'as_app "drop table ci.big"; source_sql "select pg_stat_statements_reset()" >/dev/null' 'ci.big'
look_for_defects

defect fence.unclassified_table "a table of an extension, in no class" \
  'source_sql "create schema conf; create table conf.jobs (id int);
               alter extension pg_stat_statements add table conf.jobs"' \
  'source_sql "alter extension pg_stat_statements drop table conf.jobs; drop schema conf cascade"' \
  'it belongs to extension pg_stat_statements'
refused_before fence.unclassified_table  # no run begins with a table in no class
look_for_defects

say "what clients do"
defect workload.statement_crosses "a join over both parts" \
  'as_app "select count(*) from ci.builds b join public.users u on u.id = b.client" >/dev/null' ':' \
  'join public.users u'
defect workload.statement_crosses "a statement that uses a function which writes the other part" \
  'as_app "create function public.clear() returns void language plpgsql as
           \$\$ begin delete from ci.tokens where client = -1; end \$\$;
           select public.clear() from public.users limit 1" >/dev/null' \
  'as_app "drop function public.clear()"; source_sql "select pg_stat_statements_reset()" >/dev/null' 'public.clear()'
defect workload.transaction_writes_both "a transaction that writes both parts" \
  'hold writes_both "$SOURCE" "begin; update ci.counters set n = n where client = -1;
                               update public.users set name = name where id = -1"' \
  'end_session writes_both' 'kept public.users'
defect workload.session_goes_round "a session that goes round the bouncers" \
  'hold goes_round "$SOURCE" "select count(*) from ci.projects"' 'end_session goes_round' '(goes_round)'
defect workload.pool_touches_kept "a client of the moved tables' pool that uses a kept table" \
  'hold astray "$bouncer" "begin" "select count(*) from public.accounts"' 'end_session astray' '(astray)'
defect workload.idle_in_transaction "a session that is idle in its transaction" \
  'hold idle_one "$SOURCE" "begin" "select 1"; sleep 5.2' 'end_session idle_one' '(idle_one)'
defect workload.advisory_lock "a session with an advisory lock" \
  'hold locker "$SOURCE" "select pg_advisory_lock(4711)"' 'end_session locker' '(locker)'
defect workload.prepared_transaction "a prepared transaction" \
  'as_app "begin; update public.users set name = name where id = 1; prepare transaction '"'forgotten'"'"' \
  'source_sql "rollback prepared '"'forgotten'"'"' forgotten
defect workload.wraparound_near "a moved table that autovacuum will soon visit by force" \
  'as_app "alter table ci.reports set (autovacuum_freeze_max_age = 100000);
           create temp table burnt (i int);
           do \$\$ begin for i in 1 .. 94000 loop
             begin insert into burnt values (i); exception when others then null; end; end loop; end \$\$"' \
  'as_app "alter table ci.reports reset (autovacuum_freeze_max_age)"' 'ci.reports'
look_for_defects
defect workload.long_transaction "a statement that takes long" \
  'PGAPPNAME=takes_long psql "$SOURCE" -qtAc "select pg_sleep(120)" >/dev/null 2>&1 & sleep 5.5' \
  'source_sql "select pg_terminate_backend(pid) from pg_stat_activity
               where application_name = '"'takes_long'"'" >/dev/null' '(takes_long)'
defect workload.statements_unknown "a database without pg_stat_statements" \
  'source_sql "drop extension pg_stat_statements"' 'source_sql "create extension pg_stat_statements"'
# Not by pg_wal_replay_pause(): Patroni resumes it in its next loop.
defect workload.replication_lag "a target that does not replay" \
  'kill -STOP "$(replaying_process)";
   source_sql "select pg_logical_emit_message(true, '"'x', repeat('x', 40000000)"')" >/dev/null' \
  'kill -CONT "$(replaying_process)"'
look_for_defects
nothing_to_find "on the repaired lab"

say "after the split"
tool 0 run "$runbook" -e "$environment" --approve go
nothing_to_find "after the split"
may_run=no
check_options=(--observe 2s)
defect schema.index_missing "an index that the target has lost" \
  'target_sql "drop index ci.builds_by_pipeline"' \
  'target_sql "create index builds_by_pipeline on ci.builds (pipeline_id) where pipeline_id is not null"' \
  'builds_by_pipeline'
defect schema.index_missing "an index that only the target has" \
  'target_sql "create index only_here on ci.jobs (stored_at)"' 'target_sql "drop index ci.only_here"' 'only_here'
defect workload.stale_copy_is_read "a reader of the stale copy of a moved table" \
  'for _ in $(seq 40); do source_sql "select count(*) from ci.projects" >/dev/null; sleep 0.1; done &' 'sleep 3' \
  'ci.projects'
also workload.session_goes_round
look_for_defects
check_options=()
defects_end 48 20
say "ok"
