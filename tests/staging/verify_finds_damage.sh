#!/usr/bin/env bash
# A verifier that cannot fail proves nothing: damage the lab by hand, one kind at a time, and see that verify names it.
# Usage: verify_finds_damage.sh PGCLEAVE_LAB
set -euo pipefail
lab=$1
dir=$(mktemp -d "${TMPDIR:-/tmp}/lab.XXXXXX")
rmdir "$dir"
trap '"$lab" down --dir "$dir" >/dev/null 2>&1 || true' EXIT
"$lab" up --dir "$dir" --bouncers 2 2>/dev/null >/dev/null
eval "$("$lab" env --dir "$dir")"
history=$dir/history.jsonl
"$lab" load --dir "$dir" --seconds 3 --writers 6 --reconnect 1 --rate 40 --history "$history" 2>/dev/null

source_sql() { psql "$SOURCE" -v ON_ERROR_STOP=1 -qtAc "$1"; }
target_sql() { psql "$TARGET" -v ON_ERROR_STOP=1 -qtAc "$1"; }
# expect WHAT FIELD VALUE [HISTORY]: the field is just that, and the exit code follows from it
expect() {
  local code=0 seen
  "$lab" verify --dir "$dir" --history "${4:-$history}" --serving source --json >"$dir/verdict" || code=$?
  seen=$(sed -n "s/^  \"$2\": \([0-9]*\),*$/\1/p" "$dir/verdict")
  if [ "$seen" != "$3" ]; then echo "FAILED: $1: $2 is $seen, expected $3"; cat "$dir/verdict"; exit 1; fi
  if [ "$2" != acknowledged ] && [ "$2" != unknown_but_present ] && [ "$3" != 0 ] && [ $code != 1 ]; then
    echo "FAILED: $1: exit code $code"; exit 1
  fi
  echo "ok: $1 ($2 = $seen)"
}
clean() {
  "$lab" verify --dir "$dir" --history "$history" --serving source >/dev/null || {
    echo "FAILED: not clean: $1"
    exit 1
  }
}

clean "before any damage"
client=$(source_sql "select client from ci.build_log where client >= 1000 order by client, n limit 1")
n=$(source_sql "select n from ci.build_log where client = $client order by n limit 1")

source_sql "create table public.kept as select * from ci.build_log where client = $client and n = $n;
  delete from ci.build_log where client = $client and n = $n"
expect "an acknowledged row that is gone" lost 1
source_sql "insert into ci.build_log select * from public.kept; drop table public.kept"
clean "after the row is back"

source_sql "alter table ci.artifacts drop constraint artifacts_pkey;
  insert into ci.artifacts (client, n) select client, n from ci.artifacts where client = $client and n = $n"
expect "a row stored twice" duplicated 1
source_sql "delete from ci.artifacts
  where ctid = (select max(ctid) from ci.artifacts where client = $client and n = $n)"
clean "after the second one is gone"

source_sql "insert into ci.reports (client, n, id) select client, n, id from ci.artifacts
  where client = $client and n = $n"
expect "one id given twice by a sequence of two tables" duplicated 1
source_sql "delete from ci.reports where client = $client and n = $n"
clean "after that id is gone"

source_sql "update ci.counters set writes = writes - 1 where client = $client"
expect "a lost update" lost 1
source_sql "update ci.counters set writes = writes + 2 where client = $client"
expect "an update done twice" duplicated 1
source_sql "update ci.counters set writes = writes - 1 where client = $client"
clean "after the counter is right"

build=$(grep -m1 '"kind":"build".*"outcome":"ok"' "$history")
sed "s|$build|${build/\"outcome\":\"ok\"/\"outcome\":\"failed\"}|" "$history" >"$dir/failed.jsonl"
expect "a write that failed and is there" failed_but_present 1 "$dir/failed.jsonl"
sed "s|$build|${build/\"outcome\":\"ok\"/\"outcome\":\"unknown\"}|" "$history" >"$dir/unknown.jsonl"
expect "a write of unknown outcome that is there" unknown_but_present 1 "$dir/unknown.jsonl"
grep -q '"clean": true' "$dir/verdict" || { echo "FAILED: an unknown write is no damage"; exit 1; }

patronictl -c "$PATRONI_CONF" edit-config "$SCOPE" --force -q -s standby_cluster=null >/dev/null
until [ "$(target_sql 'select pg_is_in_recovery()')" = f ]; do sleep 0.1; done
clean "after the target is promoted"
target_sql "update ci.tokens set stored_on = 'ci', stored_at = now()
  where (client, n) = (select client, n from ci.tokens where client >= 1000 limit 1)"
expect "a write that each side stored by itself" on_both_sides 1
target_sql "insert into ci.tokens (client, n, id) values ($client, 1000001, 900000001)"
expect "a write that only the side which does not serve accepted" stranded 1
# The trigger's row is to have another id there. What a promoted copy's sequence says is up to 32 ahead, and by chance
# not at all.
target_sql "select setval(pg_get_serial_sequence('ci.build_audit', 'id'), 800000000)" >/dev/null
id=$(source_sql "insert into ci.builds (client, n) values ($client, 1000002) returning id")
target_sql "insert into ci.builds (id, client, n) overriding system value values ($id, $client, 1000003)" >/dev/null
expect "one id for two writes, one on each side" on_both_sides 2
