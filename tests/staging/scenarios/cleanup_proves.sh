#!/usr/bin/env bash
# A cleanup empties what the databases prove stale, and nothing else: tables that came after the split, that are gone on
# the other side or lost their fence are left alone, named with their rows, and the run ends with exit code 9. Another
# split file than the one of then is refused.
source "$(dirname "$0")/../scenario.sh"
cleanup=$root/runbooks/cleanup.yml
fence=$root/runbooks/fence.yml
rows() { "$1"_sql "select count(*) from $2"; }
found() {
  jq -r '.findings[] | select(.severity == "blocker") | .id + "  " + .object' "$scratch/tool.json" | LC_ALL=C sort
}
file() { cp "$scratch/split.yml" "$dir/split.yml"; [ $# = 0 ] || sed -i "$1" "$dir/split.yml"; }

lab_up 1
cp "$dir/split.yml" "$scratch/split.yml"

say "a moved table that comes while the run waits at its gate is not split: it has no fence and is not written down"
tool 6 run "$runbook" -e "$environment"
source_sql "create table ci.came_late (id int primary key)"
source_sql "insert into ci.came_late values (1)"
PGCLEAVE=$build/pgcleave-faulty
PGCLEAVE_FAULT="hold|before record phase.begun window" PGCLEAVE_FAULT_REACHED=$scratch/at_window \
  "$PGCLEAVE" resume -e "$environment" --approve go >"$scratch/late.out" 2>&1 &
late=$!
wait_for_file "$scratch/at_window"
source_sql "create table ci.came_later (id int primary key)"
rm "$scratch/at_window"
code=0
wait "$late" || code=$?
PGCLEAVE=$build/pgcleave
[ "$code" != 0 ] || failed "it was split with a table that nobody wrote down"
contains "$scratch/late.out" "ci.came_later came since"
is "owner on the source" \
  "$(source_sql "select coalesce(max(last_value), 1) from pg_sequences
    where schemaname = 'pgcleave' and sequencename = 'owner_ci'")" 1
source_sql "drop table ci.came_late, ci.came_later"

tool 0 run "$runbook" -e "$environment" --approve go
split_run=$(status .run)
source_sql "create table public.ci_settings (id int primary key, v text);
  insert into public.ci_settings select i, 'live' from generate_series(1, 1000) i"
source_sql "create table public.invoices (id serial primary key, v text);
  insert into public.invoices (v) select 'live' from generate_series(1, 500)"
tokens=$(rows target ci.tokens)
[ "$tokens" -gt 0 ] || failed "ci.tokens is empty"

say "a split file that moves a table that stayed is named by check, and refused by cleanup and fence"
file "s/  tables: \\['public/  tables: [public.invoices, 'public/"
tool 3 check -e "$environment" --json
jq -r '.findings[] | select(.id == "fence.split_changed") | .evidence' "$scratch/tool.json" >"$scratch/changed.out"
contains "$scratch/changed.out" "public.invoices would have been kept when it was split, and is moved by"
for runbook_file in "$cleanup" "$fence"; do
  tool 3 run "$runbook_file" -e "$environment" --approve go=ci
  contains "$scratch/tool.out" "public.invoices would have been kept when it was split"
  contains "$scratch/tool.out" "nothing was changed"
done
say "and one that keeps a table that moved"
file "s/^kept:/kept:\\n  tables: [ci.tokens]/"
for runbook_file in "$cleanup" "$fence"; do
  tool 3 run "$runbook_file" -e "$environment" --approve go=ci
  contains "$scratch/tool.out" "ci.tokens was moved when it was split, and is kept by"
done
is "invoices on the source" "$(rows source public.invoices)" 500
is "tokens on the target" "$(rows target ci.tokens)" "$tokens"
file

say "cleanup heeds what check finds"
tool 3 check -e "$environment" --json
is "blockers" "$(found)" "fence.moved_table_unfenced  table public.ci_settings on source main"
tool 3 run "$cleanup" -e "$environment" --approve go=ci
contains "$scratch/tool.out" "fence.moved_table_unfenced"
tool 0 run "$fence" -e "$environment"
is "what is written down" "$(source_sql "select count(*) from pgcleave.split_tables where name = 'ci_settings'")" 0

say "the gate says how much is deleted on each side, and what is not, and asks for the split's name"
target_sql "drop table ci.counters"
counters=$(rows source ci.counters)
tool 6 run "$cleanup" -e "$environment"
contains "$scratch/tool.out" "moved tables with"
contains "$scratch/tool.out" "; on target ci "
contains "$scratch/tool.out" "public.ci_settings on source main (1000 rows) is left alone: it came after the split"
contains "$scratch/tool.out" "ci.counters on source main ($counters rows) is left alone: it does not exist on target ci"
contains "$scratch/tool.out" "to approve, type: ci"
tool 2 approve "$(status .run)" go -e "$environment"
is "tokens on the source" "$(rows source ci.tokens)" "$tokens"

say "what is proven stale is emptied, all else is left alone"
tool 9 resume -e "$environment" --approve go=ci
contains "$scratch/tool.out" "public.ci_settings on source main (1000 rows) is left alone: it came after the split"
contains "$scratch/tool.out" "ci.counters on source main ($counters rows) is left alone: it does not exist on target ci"
is "state" "$(status .state)" "done"
is "exit code kept" "$(status .exit)" 9
is "settings on the source" "$(rows source public.ci_settings)" 1000
is "counters on the source" "$(rows source ci.counters)" "$counters"
is "invoices on the source" "$(rows source public.invoices)" 500
is "tokens on the source" "$(rows source ci.tokens)" 0
is "tokens on the target" "$(rows target ci.tokens)" "$tokens"
is "users on the target" "$(rows target public.users)" 0
tool 3 rollback "$split_run" -e "$environment"
say "ok"
