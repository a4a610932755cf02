#!/usr/bin/env bash
# How long a comparison of three large tables takes while the target follows by replay, in turn: one query on each side
# that hashes every row once, both sides at once (the slower one is the limit: nobody can read less); pgcleave compare;
# the same with --since-last, when nothing was written; pgcleave compare under the lab's load, whose p99 is taken with
# and without it; and pgcopydb's method (count, and the sum of hashtext of each row's text) by psql, since Debian's
# pgcopydb (0.10) has no `compare data`.
# Usage: compare.sh BUILD ROUNDS JSON_FILE KEEP
#   COMPARE_ROWS: of the three tables, in all (10,000,000)
set -euo pipefail
build=$1
rounds=$2
json=$3
KEEP=$4
source "$(dirname "$0")/../scenario.sh" "$build"
source "$(dirname "$0")/rounds.sh"
rows=${COMPARE_ROWS:-10000000}
export TOOL_TIMEOUT=7200
tables=(ci.bench_narrow ci.bench_wide ci.bench_uuid)

seconds_since() { awk -v from="$1" -v to="$(now_us)" 'BEGIN { printf "%.3f", (to - from) / 1e6 }'; }
# at_once SQL: of the row `t`, over all tables, on both sides at once; $took is how long the slower one took
at_once() {
  local from table sql=""
  for table in "${tables[@]}"; do sql+="select count(*), $1 from only $table t;"; done
  sql="set max_parallel_workers_per_gather = 0; set jit = off; $sql"
  from=$(now_us)
  target_sql "$sql" >"$scratch/of_target" &
  local other=$!
  source_sql "$sql" >"$scratch/of_source"
  wait "$other"
  cmp -s "$scratch/of_source" "$scratch/of_target" || failed "the sides differ"
  took=$(seconds_since "$from")
}
compare() { # compare WORDS...: $took is how long it took
  local from
  from=$(now_us)
  tool 0 compare -e "$environment" --tables 'ci.bench_*' --json "$@"
  [ "$(jq .summary.rows "$scratch/tool.json")" = "$rows" ] || failed "not all rows were compared"
  took=$(seconds_since "$from")
}
# p99 FROM TO: of the load's writes that began and ended between these times, in ms
p99() {
  jq -s --argjson from "$1" --argjson to "$2" '
    map(select(.outcome == "ok" and .kind != "read" and .t_start_us >= $from and .t_end_us <= $to)
      | (.m_end_us - .m_start_us) / 1000) | sort | if length == 0 then null else .[length * 0.99 | floor] end' \
    "${histories[-1]}"
}
replayed() { # the target has all that the source has
  local at
  at=$(source_sql "select pg_current_wal_insert_lsn()")
  for _ in $(seq 6000); do
    [ "$(target_sql "select pg_last_wal_replay_lsn() >= '$at'")" = t ] && return
    sleep 0.1
  done
  failed "the target does not replay"
}

lab_up 1
say "three tables of $rows rows in all"
source_sql "
  create table ci.bench_narrow as select i as id, i * 7919 % 100000 as other, timestamptz '2026-01-01' + i *
    interval '1 s' as at from generate_series(1::bigint, $rows / 2) i;
  create table ci.bench_wide as select i as id, md5(i::text) as name, i * 1.5 as cost, 'note of row ' || i as note,
    jsonb_build_object('state', 'passed', 'n', i) as doc, now() as at from generate_series(1::bigint, $rows * 3 / 10) i;
  create table ci.bench_uuid as select md5(i::text)::uuid as id, i as n, repeat('x', 40) as note
    from generate_series(1::bigint, $rows - $rows / 2 - $rows * 3 / 10) i;
  alter table ci.bench_narrow add primary key (id); alter table ci.bench_wide add primary key (id);
  alter table ci.bench_uuid add primary key (id)"
for table in "${tables[@]}"; do source_sql "vacuum (analyze) $table"; done
source_sql checkpoint
replayed
: >"$scratch/rounds"
for round in $(seq "$rounds"); do
  at_once "sum(hash_record_extended(t, 1))"
  limit=$took
  compare
  idle=$took
  compare --since-last
  since_last=$took
  at_once "sum(hashtext(t::text)::bigint)"
  by_text=$took
  load_number=$((load_number + 1))
  histories+=("$scratch/history-$load_number.jsonl")
  "$lab" load --dir "$dir" --seconds 0 --history "${histories[-1]}" --writers 8 --reconnect 2 --rate 20 \
    >"$scratch/load-$load_number.out" 2>&1 &
  load_pid=$!
  sleep 3
  without_from=$(now_us)
  sleep "$(awk -v s="$idle" 'BEGIN { print s < 10 ? 10 : s }')"
  with_from=$(now_us)
  compare
  loaded=$took
  with_to=$(now_us)
  load_end 1
  jq -n --argjson limit "$limit" --argjson idle "$idle" --argjson since_last "$since_last" --argjson loaded "$loaded" \
    --argjson by_text "$by_text" --argjson without "$(p99 "$without_from" "$with_from")" \
    --argjson with "$(p99 "$with_from" "$with_to")" '
    {limit_s: $limit, idle_s: $idle, since_last_s: $since_last, loaded_s: $loaded, pgcopydb_method_s: $by_text,
     p99_without_ms: $without, p99_with_ms: $with}' | tee -a "$scratch/rounds" | jq -c --arg n "$round" '. + {$n}' >&2
done
result=$(jq -s --argjson rows "$rows" --arg load "$(cut -d' ' -f1-3 /proc/loadavg)" '
  def spread: map(select(. != null)) | sort | {median: .[length / 2 | floor], least: .[0], most: .[-1]};
  . as $rounds | {rows: $rows, rounds: ($rounds | length), load_average: $load} +
  ($rounds[0] | keys | map(. as $field | {($field): ($rounds | map(.[$field]) | spread)}) | add) +
  {idle_over_limit: (map(.idle_s / .limit_s) | spread), loaded_over_limit: (map(.loaded_s / .limit_s) | spread),
   since_last_over_idle: (map(.since_last_s / .idle_s) | spread),
   idle_over_pgcopydb_method: (map(.idle_s / .pgcopydb_method_s) | spread),
   p99_with_over_without: (map(select(.p99_with_ms != null and .p99_without_ms != null) |
     .p99_with_ms / .p99_without_ms) | spread)}' "$scratch/rounds")
[ -z "$json" ] || printf '%s\n' "$result" >"$json"
printf '%s\n' "$result"
