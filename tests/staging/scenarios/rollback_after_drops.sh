#!/usr/bin/env bash
# A rollback goes by the words of the split and the tables of now: what was dropped on both sides is a note, a table of
# one side only is named with its rows, a schema may hold partitions alone, and one that is detached stays what it was.
source "$(dirname "$0")/../scenario.sh"
lab_up 1
source_sql "create schema parts; create schema elsewhere;
  create table ci.old (at date not null, n int, primary key (at, n)) partition by range (at);
  create table parts.old_1 partition of ci.old for values from ('2021-01-01') to ('2021-02-01');
  create table parts.old_2 partition of ci.old for values from ('2021-02-01') to ('2021-03-01');
  create table elsewhere.old_3 partition of ci.old for values from ('2021-03-01') to ('2021-04-01');
  insert into ci.old select d, 1 from generate_series(date '2021-01-01', '2021-03-20', '1 day') d"
sed -i "s/  tables: \\['public/  tables: [ci.tokens, 'public/; s/schemas: \\[ci\\]/schemas: [ci, parts]/" \
  "$dir/split.yml"
tool 0 check -e "$environment"
tool 0 run "$runbook" -e "$environment" --approve go
split_run=$(status .run)

say "a retention job detaches and drops on both sides"
for sql in source_sql target_sql; do
  $sql "alter table ci.old detach partition parts.old_1; alter table ci.old detach partition elsewhere.old_3;
    drop table parts.old_1, ci.tokens"
done
target_sql "drop table ci.counters"
tool 3 rollback "$split_run" -e "$environment"
contains "$scratch/tool.out" "the database has no table ci.tokens"
contains "$scratch/tool.out" "table ci.counters exists on source main only, with its "
is "owner on the target" "$(owner_on_target)" 2
source_sql "drop table ci.counters"
tool 0 status "$split_run" -e "$environment"
contains "$scratch/tool.json" "a rollback now would lose nothing"
tool 0 rollback "$split_run" -e "$environment"
is "owner on the source" "$(owner_on_source)" 1
is "rows of the partition that was detached" "$(source_sql "select count(*) from elsewhere.old_3")" 20
say "ok"
