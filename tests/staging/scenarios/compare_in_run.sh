#!/usr/bin/env bash
# Under load: a run whose target lost a row stops before anybody is asked, names it, and is undone. A rollback
# path that lost a transaction without a word keeps a rollback at a gate that names the rows, until they are repaired or
# given up in words. What was compared last is told by status and report, and a gate goes by it.
source "$(dirname "$0")/../scenario.sh"
lab_up 1
load_begin --writers 8 --reconnect 2 --rate 20
row=$(source_sql "insert into ci.projects (name) values ('a row that the target loses') returning id")
# Somebody's hand on the target, while nobody depends on it.
hand="set local session_replication_role = replica; delete from ci.projects where id = '$row'"
sed "s|^  - {id: caught_up.*|&\n  - {id: hand, uses: postgres.sql, with: {on: target, sql: \"$hand\"}}|" \
  "$root/runbooks/logical-switchover.yml" >"$scratch/runbook.yml"
grep -q "id: hand" "$scratch/runbook.yml" || failed "the runbook has no hand"
cat >"$scratch/gate.yml" <<'END'
pgcleave: 1
name: gate
summary: Goes on only by a comparison.
prepare:
  - {id: compared, uses: check.compared, with: {max_age: 15m}}
END
# told VERDICT WORDS: what status and the report of the run say of the last comparison
told() {
  is "the last comparison" "$(status .splits[0].comparison.verdict)" "$1"
  tool 0 status -e "$environment"
  contains "$scratch/tool.json" "$2"
  tool 0 report run -e "$environment"
  contains "$scratch/tool.json" "$2"
}
gate_refuses() {
  tool 3 run "$scratch/gate.yml" -e "$environment"
  contains "$scratch/tool.out" "the rows of both sides: $1"
  contains "$scratch/tool.out" "pgcleave compare -e $environment"
  contains "$scratch/tool.out" "nothing was changed"
}
gate_refuses "were never compared"

say "a row is missing on the target: the run stops, and nobody is asked"
tool 4 run "$scratch/runbook.yml" -e "$environment"
contains "$scratch/tool.out" "ci.projects: missing id $row"
contains "$scratch/tool.out" "the rows of both sides: differ, each in a line above"
told different "1 row differs in 1 of"
gate_refuses "differ (expected no difference, seen 1 row in ci.projects, found by run"
say "all is undone: the target follows again, and holds the row"
for _ in $(seq 100); do
  [ "$(target_sql "select pg_is_in_recovery(), name from ci.projects where id = '$row'" 2>"$scratch/target.out")" = \
    "t|a row that the target loses" ] && break
  sleep 0.2
done
tool 0 compare -e "$environment"
told same "target ci follows source main by replay of the standby"
tool 0 run "$scratch/gate.yml" -e "$environment"
tool 0 run "$root/runbooks/logical-switchover.yml" -e "$environment" --approve go
contains "$scratch/tool.out" "compared"
told same "passed ownership"
gate_refuses "were compared before the side that serves them changed"
is "owners" "$(owner_on_source) $(owner_on_target)" "0 2"

say "the rollback path loses a transaction, and all looks well"
source_sql "set session_replication_role = replica;
  insert into ci.projects (id, name) values ('00000000-0000-4000-8000-000000000001', 'in the way')"
target_sql "insert into ci.projects (id, name) values ('00000000-0000-4000-8000-000000000001', 'one'),
  ('00000000-0000-4000-8000-000000000002', 'two')"
for _ in $(seq 150); do
  finished=$(cat "$dir"/log/main-*.postgres.log |
    sed -n 's|.*remote data for replication origin.* finished at \([0-9A-F]*/[0-9A-F]*\).*|\1|p' | tail -n 1)
  [ -z "$finished" ] || break
  sleep 0.2
done
[ -n "$finished" ] || failed "the subscription did not fail"
source_sql "alter subscription pgcleave_ci_reverse skip (lsn = '$finished')"
for _ in $(seq 100); do
  [ "$(status .rollback_path.lossless)" = true ] && break
  sleep 0.2
done
is "lossless" "$(status .rollback_path.lossless)" true

say "a rollback names the rows, and waits for words"
tool 6 rollback -e "$environment"
contains "$scratch/tool.out" "ci.projects: missing id 00000000-0000-4000-8000-000000000002"
contains "$scratch/tool.out" "ci.projects: changed id 00000000-0000-4000-8000-000000000001 (name)"
contains "$scratch/tool.out" "to approve, type: differ: 2 rows, 1 table"
is "owners" "$(owner_on_source) $(owner_on_target)" "0 2"
is "bouncers that wait" "$(grep -c "WAIT" "$scratch/tool.out" || true)" 0
tool 10 compare -e "$environment" --json
jq -r '.tables[].differences[].repair' "$scratch/tool.json" >"$scratch/repair.sql"
PGOPTIONS="-c session_replication_role=replica" psql "$SOURCE" -v ON_ERROR_STOP=1 -q1f "$scratch/repair.sql"
say "repaired, it goes back without a word"
tool 0 rollback -e "$environment"
load_end 1
verify_clean source
is "owner on the source" "$(owner_on_source)" 1
is "names" "$(source_sql "select name from ci.projects where id::text like '00000000-%' order by id" | paste -sd' ')" \
  "one two"

say "over again: rows that differ are given up in words"
load_begin --writers 8 --reconnect 2 --rate 20
tool 0 run "$root/runbooks/logical-switchover.yml" -e "$environment" --approve go
lose="set session_replication_role = replica; delete from ci.projects where name = 'two'"
source_sql "$lose"
say "a gate refuses as long as the row is missing"
tool 10 compare -e "$environment" --json
jq -r '.tables[].differences[].repair' "$scratch/tool.json" >"$scratch/repair.sql"
told different "1 row differs in 1 of"
contains "$scratch/tool.json" "source main follows target ci by subscription"
gate_refuses "differ (expected no difference, seen 1 row in ci.projects, found by pgcleave compare"
PGOPTIONS="-c session_replication_role=replica" psql "$SOURCE" -v ON_ERROR_STOP=1 -q1f "$scratch/repair.sql"
tool 0 compare -e "$environment"
told same "source main follows target ci by subscription"
tool 0 run "$scratch/gate.yml" -e "$environment"
if [ -n "${PICTURES:-}" ]; then "$build/pgcleave" report run -e "$environment" --out "$PICTURES/compared.html"; fi
source_sql "$lose"
tool 6 rollback -e "$environment"
contains "$scratch/tool.out" "to approve, type: differ: 1 row, 1 table"
tool 0 rollback -e "$environment" --approve "differ=differ: 1 row, 1 table"
contains "$scratch/tool.out" "serves again, and with 1 difference of rows between both sides"
load_end 1
verify_clean source
say "ok"
