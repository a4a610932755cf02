#!/usr/bin/env bash
# Under load: equal sides give no difference, several times over, while the target follows by replay, by the forward
# link and by the reverse one; each row that was bent is named, in each kind of value, and no other; the SQL that is
# printed repairs it. One that is killed again and again, or held, is resumed, and finds the same. What is kept holds no
# value.
source "$(dirname "$0")/../scenario.sh"
runbook=$root/runbooks/logical-switchover.yml
lab_up 1
as_app "create type ci.mood as enum ('sad', 'ok', 'glad'); create type ci.pair as (a int, b text);
  create collation ci.blind (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
  create table ci.kinds (id int primary key, big bigint, cost numeric, ratio float8, note text collate ci.blind,
    raw bytea, at timestamptz, span interval, doc jsonb, words json, mood ci.mood, pair ci.pair, parts int[],
    api_token text);
  insert into ci.kinds select g, g, 1.0, 0, 'Ada', '\\x00', timestamptz '2026-01-01 00:00:00+00', '1 day',
    '{\"a\": 1.0}', '{\"a\":1}', 'ok', row(g::int, 'x'::text)::ci.pair, '{1,2}', 'hush' || g
    from generate_series(1, 3000) g;
  create table ci.big as select g as id, md5(g::text) as note from generate_series(1, 200000) g;
  alter table ci.big add primary key (id)"
load_begin --writers 8 --reconnect 2 --rate 20

compare() {  # compare EXIT WORDS...
  tool "$1" compare -e "$environment" --json "${@:2}"
}
equal() {  # equal TIMES HOW
  for _ in $(seq "$1"); do
    compare 0
    is "verdict" "$(jq -r .verdict "$scratch/tool.json")" same
    is "how" "$(jq -r .how "$scratch/tool.json")" "$2"
    [ "$(jq .summary.rows "$scratch/tool.json")" -gt 3000 ] || failed "hardly any row was compared"
  done
  say "the same, $1 times: $(jq -c '[.summary.rows, ([.tables[].read_again] | add), .ms]' "$scratch/tool.json")" \
    "(rows, blocks read again, ms)"
}
# table, kind, key, columns of each difference
found() { jq -r '.tables[] | .table as $t | .differences[] | [$t, .kind, .key, ([.columns[].name] | join(" "))] |
  if .[1] != "changed" then .[:3] else . end | join(" ")' "$scratch/tool.json" | sort; }
bend() { target_sql "set session_replication_role = replica; $1"; }

say "the target replays"
equal 3 "target ci follows source main by replay of the standby"

say "the target is promoted, and follows by the forward link"
tool 6 run "$runbook" -e "$environment"
equal 3 "target ci follows source main by subscription pgcleave_ci_forward"

say "since the last comparison: what nobody wrote is not read, and a row that was bent is found"
unread() { jq '.tables[] | select(.table == "ci.big") | .unchanged' "$scratch/tool.json"; }
compare 0 --since-last
whole=$(unread)
[ "$whole" -ge 2 ] || failed "of ci.big $whole blocks were left out, though nobody had written it"
bend "update ci.big set note = 'bent' where id = 100000"
compare 10 --since-last
is "differences" "$(found)" "ci.big changed id 100000 note"
[ "$(unread)" -lt "$whole" ] || failed "the block that was written was left out"
bend "update ci.big set note = md5('100000') where id = 100000"
compare 0 --since-last

say "rows are bent on the target"
bend "delete from ci.kinds where id = 1; insert into ci.kinds (id) values (5000);
  update ci.kinds set big = big + 4294967296 where id = 10; update ci.kinds set cost = 1.00 where id = 20;
  update ci.kinds set ratio = '-0' where id = 30; update ci.kinds set note = 'ADA' where id = 40;
  update ci.kinds set raw = '\\x0000' where id = 50; update ci.kinds set at = at + interval '1 us' where id = 60;
  update ci.kinds set span = '24 hours' where id = 70; update ci.kinds set doc = '{\"a\": 1.00}' where id = 80;
  update ci.kinds set words = '{\"a\": 1}' where id = 90; update ci.kinds set mood = 'glad' where id = 100;
  update ci.kinds set pair = row(110, null) where id = 110; update ci.kinds set parts = '{{1,2}}' where id = 120;
  update ci.kinds set api_token = null where id = 130; update ci.kinds set note = null, big = 0 where id = 140;
  insert into ci.metrics values ('2024-09-01', 'stray', 1); insert into ci.\"select\" values (7, 'stray')"
cat >"$scratch/expected.out" <<'END'
ci."select" extra id 7
ci.kinds changed id 10 big
ci.kinds changed id 100 mood
ci.kinds changed id 110 pair
ci.kinds changed id 120 parts
ci.kinds changed id 130 api_token
ci.kinds changed id 140 big note
ci.kinds changed id 20 cost
ci.kinds changed id 30 ratio
ci.kinds changed id 40 note
ci.kinds changed id 50 raw
ci.kinds changed id 60 at
ci.kinds changed id 70 span
ci.kinds changed id 80 doc
ci.kinds changed id 90 words
ci.kinds extra id 5000
ci.kinds missing id 1
ci.metrics_2024_h2 extra (at, name) (2024-09-01, stray)
END
sort -o "$scratch/expected.out" "$scratch/expected.out"
for _ in 1 2 3; do
  compare 10
  found >"$scratch/found.out"
  diff "$scratch/expected.out" "$scratch/found.out" >"$scratch/difference.out" || failed "other differences were found"
done
compare 10 --tables 'ci.metrics*' --jobs 4
is "differences of ci.metrics" "$(found)" "ci.metrics_2024_h2 extra (at, name) (2024-09-01, stray)"
tool 10 compare -e "$environment" --tables ci.kinds
contains "$scratch/tool.json" "big: '10' on source main, '4294967306' on target ci"
contains "$scratch/tool.json" "-- column api_token is not shown: copy the row with psql"
if grep -q hush130 "$scratch/everything"; then failed "a secret was shown"; fi
tool 2 compare -e "$environment" --tables 'nothing.*'

say "killed by SIGKILL at random, and resumed: the same rows"
begin() {  # begin WORDS...: the tool, beside this script
  "$build/pgcleave" compare -e "$environment" --json "$@" >"$scratch/begun.json" 2>"$scratch/begun.out" &
  begun=$!
}
kept() { source_sql "select coalesce((select ($1)::text from pgcleave.jobs where job like 'v-%'), 'none')"; }
until_kept() {  # until_kept EXPRESSION PATTERN
  for _ in $(seq 200); do
    # shellcheck disable=SC2254 # it is a pattern
    case $(kept "$1") in $2) return ;; esac
    sleep 0.1
  done
  failed "$1 is $(kept "$1"), and not $2: $(cat "$scratch/begun.out")"
}
kills=0 again=()
while [ "$kills" -lt 10 ]; do
  begin "${again[@]}"
  sleep "0.$(printf %02d $((RANDOM % 25 + 5)))"
  kill -KILL "$begun" 2>/dev/null || again=()  # it had ended
  wait "$begun" 2>/dev/null || true
  kills=$((kills + 1))
  if [ "$(kept job)" != none ]; then again=(--resume last)
  elif [ "${#again[@]}" -gt 0 ]; then again=(); break  # at its end
  fi
done
[ "$kills" -ge 3 ] || failed "it was killed $kills times only"
compare 10 "${again[@]}"
found >"$scratch/found.out"
diff "$scratch/expected.out" "$scratch/found.out" >"$scratch/difference.out" || failed "other differences were found"
is "rows of ci.big" "$(jq '.tables[] | select(.table == "ci.big") | .rows' "$scratch/tool.json")" 200000
is "what is kept" "$(kept job)" none

say "the throttle says stop, a person says hold: it waits, also when another process goes on"
begin --limits slot_wal=1B
until_kept now 'slot *'
is "blocks" "$(kept batches)" 0
id=$(kept job)
told() { # told STATE WORDS...: what status says of it
  tool 0 status -e "$environment" --json
  is "state" "$(jq -r ".splits[0].comparisons[] | select(.comparison == \"$id\") | .state" "$scratch/tool.json")" "$1"
  tool 0 status -e "$environment"
  contains "$scratch/tool.json" "$2"
}
told at_work "have it wait: pgcleave hold $id -e $environment"
tool 0 hold "$id" -e "$environment"
told at_work "let it go on: pgcleave continue $id -e $environment"
kill -KILL "$begun"
wait "$begun" 2>/dev/null || true
sleep 1
told died "go on with it: pgcleave compare --resume $id -e $environment"
begin --resume "$id"
until_kept now 'on hold*'
is "blocks" "$(kept batches)" 0
tool 0 continue -e "$environment"
code=0
wait "$begun" || code=$?
is "exit code" "$code" 10
is "what is kept" "$(kept job)" none

say "the SQL that is printed repairs them, and rows with a secret are copied"
compare 10
jq -r '.tables[].differences[].repair' "$scratch/tool.json" >"$scratch/repair.sql"
is "rows whose repair is not written out" "$(grep -c '^-- column api_token' "$scratch/repair.sql")" 2
PGOPTIONS="-c session_replication_role=replica" psql "$TARGET" -v ON_ERROR_STOP=1 -q1f "$scratch/repair.sql"
bend "delete from ci.kinds where id = 130"
source_sql "copy (select * from ci.kinds where id in (1, 130)) to stdout" |
  PGOPTIONS="-c session_replication_role=replica" psql "$TARGET" -v ON_ERROR_STOP=1 -qc "copy ci.kinds from stdin"
equal 2 "target ci follows source main by subscription pgcleave_ci_forward"

say "the target serves, and the source follows by the reverse link"
tool 0 resume -e "$environment" --approve go
equal 3 "source main follows target ci by subscription pgcleave_ci_reverse"
source_sql "set session_replication_role = replica; delete from ci.kinds where id = 77"
compare 10
is "differences" "$(found)" "ci.kinds missing id 77"
load_end 1
verify_clean target

say "what is kept: each verdict, and no value"
sqlite3 -readonly "$dir/journal.db" "select data from event where type = 'compare.done' order by seq" \
  >"$scratch/kept.out"
is "verdicts" "$(jq -r .verdict "$scratch/kept.out" | uniq -c | awk '{print $1 $2}' | paste -sd' ')" \
  "8same 1different 1same 8different 6same 1different"
is "the last difference" "$(jq -r '.tables[].differences[].key' "$scratch/kept.out" | tail -n 1)" "id 77"
if grep -qE 'hush|4294967306|2026-01-01' "$scratch/kept.out"; then failed "the journal holds a value of a row"; fi
say "ok"
