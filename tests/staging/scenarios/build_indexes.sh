#!/usr/bin/env bash
# An index of a loaded table: planned, built, killed in the middle and resumed, built by somebody else meanwhile, left
# invalid, refused for duplicates. Clients never wait for it.
source "$(dirname "$0")/../scenario.sh"
build_indexes=$root/runbooks/build-indexes.yml
state_of() { source_sql "select case when indisvalid then 'valid' else 'invalid' end
  from pg_index where indexrelid = to_regclass('$1')"; }
# in_the_way: a client's transaction that a concurrent build has to wait for, until it is let go
in_the_way() {
  psql "$SOURCE" -qtA -c "begin; insert into ci.jobs (build_id, client, n) select min(id), 0, -1 from ci.builds;
    select pg_sleep(600)" >/dev/null 2>&1 &
  holder=$!
  until [ -n "$(source_sql "select 1 from pg_stat_activity where query like '%pg_sleep(600)' and state = 'active'
    and pid <> pg_backend_pid()")" ]; do sleep 0.1; done
}
end_holder() {
  source_sql "select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(600)'
    and pid <> pg_backend_pid()" >/dev/null
  wait "$holder" 2>/dev/null || true
}
# begin WORDS...: the tool, beside this script; until its build is under way
begin() {
  "$build/pgcleave" "$@" >"$scratch/begun.json" 2>"$scratch/begun.out" &
  begun=$!
  for _ in $(seq 200); do
    [ -n "$(source_sql "select 1 from pg_stat_progress_create_index")" ] && return
    kill -0 "$begun" 2>/dev/null || failed "it ended: $(cat "$scratch/begun.out")"
    sleep 0.1
  done
  failed "no index is being built"
}

lab_up 1
load_begin --writers 4 --reconnect 1 --rate 20

say "plan names the index and changes nothing"
tool 0 plan "$build_indexes" -e "$environment"
contains "$scratch/tool.json" "build index ci.jobs_by_build on ci.jobs (build_id, id) on source main, concurrently"
is "the index after plan" "$(state_of ci.jobs_by_build)" ""

say "a definition that PostgreSQL refuses is found before anything is changed"
tool 3 run "$build_indexes" -e "$environment" --set 'definition=(no_column)'
contains "$scratch/tool.out" 'column "no_column" does not exist'

say "killed while a client's transaction is in the way; the server goes on; resume waits for it and takes it as it is"
in_the_way
begin run "$build_indexes" -e "$environment"
kill -KILL "$begun"
wait "$begun" 2>/dev/null || true
begin resume -e "$environment"
end_holder
wait "$begun" || failed "resume: $(cat "$scratch/begun.out")"
is "state" "$(status .state)" "done"
is "the index" "$(state_of ci.jobs_by_build)" valid

say "killed with its session: what is invalid is dropped and built anew"
in_the_way
begin run "$build_indexes" -e "$environment" --set name=jobs_again
kill -KILL "$begun"
wait "$begun" 2>/dev/null || true
source_sql "select pg_terminate_backend(pid) from pg_stat_progress_create_index" >/dev/null
end_holder
is "what is left" "$(state_of ci.jobs_again)" invalid
tool 0 resume -e "$environment"
is "the index" "$(state_of ci.jobs_again)" valid

say "rows that are there twice are named, and nothing is left"
as_app "create table ci.twice (id int); insert into ci.twice values (1), (1), (2), (3), (3)"
tool 4 run "$build_indexes" -e "$environment" --set table=ci.twice --set name=twice_once --set 'definition=(id)' \
  --set unique=true
contains "$scratch/tool.out" "2 keys are there more than once"
contains "$scratch/tool.out" "(1) 2 times, (3) 2 times"
is "the index" "$(state_of ci.twice_once)" ""
source_sql "drop table ci.twice"

say "a partitioned table: each partition, then the whole"
tool 0 run "$build_indexes" -e "$environment" --set table=ci.build_log --set name=log_by_client \
  --set 'definition=(client)'
is "indexes that are invalid" "$(source_sql "select count(*) from pg_index where not indisvalid")" 0
load_end 1
verify_clean source
say "ok"
