#!/usr/bin/env bash
# Under load, and in ten million rows: twenty comparisons of equal sides give no difference; two hundred rows that were
# bent in 25 ways, and one of the ten million, are all named, and no other; and the same after thirty SIGKILLs.
# ROWS: of the large table; other sizes are for trying the script.
source "$(dirname "$0")/../scenario.sh"
rows=${ROWS:-10000000}
each=8  # rows bent in each way
runbook=$root/runbooks/logical-switchover.yml
lab_up 1
# column, type, value, and the value that it gets
read -rd '' ways <<'END' || true
small|smallint|1|2
big|bigint|1|4294967297
cost|numeric|1.0|1.00
nan|numeric|1|'NaN'
ratio|float8|0|'-0'
real4|real|1.5|'Infinity'
flag|boolean|true|false
note|text collate ci.blind|'Ada'|'ADA'
blank|text|'a'|'a '
absent|text|''|null
raw|bytea|'\x00'|'\x0000'
day|date|'2026-01-01'|'infinity'
at|timestamptz|'2026-01-01 00:00:00+00'|'2026-01-01 00:00:00.000001+00'
clock|timetz|'12:00+00'|'13:00+01'
span|interval|'1 day'|'24 hours'
doc|jsonb|'{"a": 1.0}'|'{"a": 1.00}'
words|json|'{"a":1}'|'{"a": 1}'
mood|ci.mood|'ok'|'glad'
pair|ci.pair|row(1, 'x')|row(1, null)
parts|int[]|'{1,2}'|'{{1,2}}'
lower|int[]|'{1,2}'|'[0:1]={1,2}'
during|tstzrange|'[2026-01-01, 2026-02-01)'|'[2026-01-01, 2026-02-01]'
net|inet|'10.0.0.1'|'10.0.0.1/8'
bits|bit varying|B'1'|B'10'
one|uuid|'00000000-0000-0000-0000-000000000000'|'00000000-0000-0000-0000-000000000001'
END
columns="" values="" bending="" number=0
: >"$scratch/expected.out"
while IFS='|' read -r column type value other; do
  number=$((number + 1))
  columns+=", $column $type"
  values+=", ($value)::${type% collate*}"
  bending+="update ci.kinds set $column = $other where id between $((number * 100)) and $((number * 100 + each - 1)); "
  for id in $(seq $((number * 100)) $((number * 100 + each - 1))); do
    echo "ci.kinds changed id $id $column" >>"$scratch/expected.out"
  done
done <<<"$ways"
as_app "create type ci.mood as enum ('sad', 'ok', 'glad'); create type ci.pair as (a int, b text);
  create collation ci.blind (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
  create table ci.kinds (id int primary key$columns);
  insert into ci.kinds select g$values from generate_series(1, 5000) g;
  create table ci.large as select g as id, md5(g::text) as note from generate_series(1, $rows) g;
  alter table ci.large add primary key (id)"
source_sql "vacuum analyze ci.large"
tool 6 run "$runbook" -e "$environment"  # the target is promoted, and follows by the forward link
load_begin --writers 8 --reconnect 2 --rate 20

compare() {  # compare EXIT WORDS...
  TOOL_TIMEOUT=900 tool "$1" compare -e "$environment" --json "${@:2}"
}
# table, kind, key, columns of each difference
found() { jq -r '.tables[] | .table as $t | .differences[] | [$t, .kind, .key, ([.columns[].name] | join(" "))] |
  if .[1] != "changed" then .[:3] else . end | join(" ")' "$scratch/tool.json" | sort >"$scratch/found.out"; }

say "equal sides, twenty times"
: >"$scratch/times"
for _ in $(seq 20); do
  compare 0
  is "verdict" "$(jq -r .verdict "$scratch/tool.json")" same
  is "rows of ci.large" "$(jq '.tables[] | select(.table == "ci.large") | .rows' "$scratch/tool.json")" "$rows"
  jq '.ms / 1000 | round' "$scratch/tool.json" >>"$scratch/times"
done
say "  seconds of each: $(paste -sd' ' "$scratch/times")"

say "rows are bent in $number ways, some are gone, and some are there twice"
middle=$((rows / 2))
PGOPTIONS="-c session_replication_role=replica" psql "$TARGET" -v ON_ERROR_STOP=1 -qc "$bending
  delete from ci.kinds where id between 1 and 4;
  insert into ci.kinds (id) select g from generate_series(9001, 9004) g;
  update ci.large set note = 'bent' where id = $middle"
{
  for id in 1 2 3 4; do echo "ci.kinds missing id $id"; done
  for id in 9001 9002 9003 9004; do echo "ci.kinds extra id $id"; done
  echo "ci.large changed id $middle note"
} >>"$scratch/expected.out"
sort -o "$scratch/expected.out" "$scratch/expected.out"
judge_found() {
  found
  diff "$scratch/expected.out" "$scratch/found.out" >"$scratch/difference.out" ||
    failed "other differences were found: $(head -n 5 "$scratch/difference.out")"
}
compare 10
judge_found
say "  $(wc -l <"$scratch/found.out") differences"

say "killed thirty times, and resumed"
again=() kills=0 rounds=1
while [ "$kills" -lt 30 ]; do
  "$build/pgcleave" compare -e "$environment" --json "${again[@]}" >"$scratch/begun.json" 2>"$scratch/begun.out" &
  begun=$!
  sleep "0.$(printf %03d $((RANDOM % 900 + 50)))"
  if kill -KILL "$begun" 2>/dev/null; then kills=$((kills + 1)); fi
  wait "$begun" 2>/dev/null || true
  again=(--resume last)
  if [ "$(source_sql "select count(*) from pgcleave.jobs where job like 'v-%'")" = 0 ]; then
    again=()  # at its end
    rounds=$((rounds + 1))
  fi
done
compare 10 "${again[@]}"
judge_found
is "rows of ci.large" "$(jq '.tables[] | select(.table == "ci.large") | .rows' "$scratch/tool.json")" "$rows"
say "  $kills kills in $rounds comparisons"
load_end 1
say "ok"
