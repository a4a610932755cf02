#!/usr/bin/env bash
# Tables that are created after the split have no fence: check names them, runbooks/fence.yml fences them, and its undo
# takes it back.
source "$(dirname "$0")/../scenario.sh"
lab_up
fence=$root/runbooks/fence.yml
found() {
  jq -r '.findings[] | select(.id | startswith("fence.")) | .id + "  " + .object' "$scratch/tool.json" | LC_ALL=C sort
}
check() { tool "$1" check -e "$environment" --json; }
sqlstate() {
  psql "$TARGET" -v VERBOSITY=verbose -qtAc "$1" 2>&1 | grep -oE 'ERROR:  [0-9A-Z]{5}' | head -n 1 | cut -d' ' -f3 ||
    true
}

say "before the split there is nothing to find"
check 0
is "findings" "$(found)" ""
is "blockers" "$(jq .summary.blockers "$scratch/tool.json")" 0
tool 3 run "$fence" -e "$environment"
contains "$scratch/tool.out" "owner not installed on target ci"
tool 0 rollback -e "$environment"
is "schema pgcleave after a fence that was refused" \
  "$(source_sql "select count(*) from pg_namespace where nspname = 'pgcleave'")" 0

say "a table in no class is named, and the rest is still looked at"
sed 's/schemas: \[public\]/tables: [public.users]/' "$dir/split.yml" >"$scratch/split.yml"
tool 3 check -e "$environment" --split "$scratch/split.yml" --json
is "findings" "$(found)" "fence.unclassified_table  table public.accounts on source main
fence.unclassified_table  table public.audit on source main"

load_begin --writers 8 --reconnect 2
tool 0 run "$runbook" -e "$environment" --approve go
split_run=$(status .run)
check 0
is "findings after the split" "$(found)" ""

say "a kept table is locked on the target"
for sql in "insert into public.users (name) values ('x')" "update public.accounts set balance = 0" \
  "delete from public.audit" "truncate public.audit"; do
  is "SQLSTATE of $sql" "$(sqlstate "$sql")" 2F002
done
target_sql "delete from public.users" >"$scratch/refused.out" 2>&1 || true
contains "$scratch/refused.out" 'table public.users takes no writes on cluster "ci"'
contains "$scratch/refused.out" 'Write to cluster "main".'
source_sql "update public.accounts set balance = balance"

say "what is created later, or disabled, is named by check"
target_sql "create table ci.metrics_2026 partition of ci.metrics for values from ('2026-01-01') to ('2027-01-01');
            create table ci.created_later (id int primary key);
            create table public.created_later (id int primary key);
            create schema elsewhere; create table elsewhere.\"In No Class\" ();
            alter table ci.counters disable trigger pgcleave_fence_ci"
drifted="fence.kept_table_unfenced  table public.created_later on target ci
fence.moved_table_unfenced  table ci.counters on target ci
fence.moved_table_unfenced  table ci.created_later on target ci
fence.moved_table_unfenced  table ci.metrics_2026 on target ci"
check 3
is "findings" "$(found)" "$drifted
fence.unclassified_table  table elsewhere.\"In No Class\" on target ci"
contains "$scratch/tool.json" "pgcleave_fence_ci is disabled"
target_sql "drop schema elsewhere cascade"
source_sql "create table ci.on_the_source (id int)"
tool 3 check -e "$environment"
contains "$scratch/tool.json" "blocker (5)"
contains "$scratch/tool.json" "fence.moved_table_unfenced  table ci.on_the_source on source main"
contains "$scratch/tool.json" "pgcleave run runbooks/fence.yml -e $environment"
target_sql "insert into public.created_later values (1)"

say "the runbook repairs it, under load"
tool 0 run "$fence" -e "$environment"
fence_run=$("$build/pgcleave" runs -e "$environment" --json | jq -r '.[0].run')
check 0
is "findings" "$(found)" ""
is "SQLSTATE on the target" "$(sqlstate "insert into public.created_later values (2)")" 2F002
target_sql "insert into ci.created_later values (1); insert into ci.metrics_2026 values ('2026-06-01', 'x', 1)"
if source_sql "insert into ci.on_the_source values (1)" >"$scratch/refused.out" 2>&1; then
  failed "a moved table that was created on the source takes writes"
fi
contains "$scratch/refused.out" 'the owner of split "ci" is nobody'

say "and its undo takes it away"
tool 0 rollback "$fence_run" -e "$environment"
check 3
is "findings" "$(found)" \
  "$(printf '%s\n%s' "$drifted" "fence.moved_table_unfenced  table ci.on_the_source on source main" | LC_ALL=C sort)"
is "SQLSTATE of what the split itself fenced" "$(sqlstate "delete from public.users")" 2F002
source_sql "drop table ci.on_the_source"
load_end 1
verify_clean target

say "the rollback rewinds the lock of kept tables away"
tool 3 rollback "$split_run" -e "$environment"
contains "$scratch/tool.out" "table ci.created_later exists on target ci only"
target_sql "drop table ci.metrics_2026, ci.created_later, public.created_later"
say "nor is ownership released while a moved table has no fence"
tool 3 rollback "$split_run" -e "$environment"
contains "$scratch/tool.out" "table ci.counters: has no fence"
tool 0 run "$fence" -e "$environment"
tool 0 rollback "$split_run" -e "$environment"
is "lock of kept tables on either side" \
  "$(source_sql "select count(*) from pg_proc where proname like 'fence_kept%'")$(
    target_sql "select count(*) from pg_proc where proname like 'fence_kept%'")" 00
check 0
is "findings" "$(found)" ""
say "ok"
