#!/usr/bin/env bash
# A column of a large table is filled from another table under load, with a streaming replica: by the script that people
# write by hand, by one UPDATE, and by pgcleave flat out and with its default limits.
# Usage: backfill.sh BUILD ROUNDS JSON_FILE KEEP
#   BACKFILL_ROWS: rows of the table (2,000,000)   BACKFILL_SECONDS: how long the script and the throttled job are
#   measured (60); they are ended then, and their rate counts
set -euo pipefail
build=$1
rounds=$2
json=$3
KEEP=$4
source "$(dirname "$0")/../scenario.sh" "$build"
source "$(dirname "$0")/rounds.sh"
rows=${BACKFILL_ROWS-2000000}
seconds=${BACKFILL_SECONDS-60}

milliseconds() { echo $(($(date +%s%N) / 1000000)); }
changed() { source_sql "select count(*) from ci.bench_rows where filled is not null"; }
wal() { source_sql "select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint"; }
# Each way begins with the same table: two million rows, six indexes, no dead rows.
fresh() {
  source_sql "drop table if exists ci.bench_rows" 2>/dev/null
  source_sql "create table ci.bench_rows (id bigint, other bigint, client int, updated_at timestamptz, note text,
      filled int);
    insert into ci.bench_rows select i, 1 + i * 7919 % 200000, i % 1000, timestamptz '2026-01-01' + (i * 7919 % $rows) *
      interval '1 s', 'note of row number ' || i, null from generate_series(1::bigint, $rows) i;
    alter table ci.bench_rows add primary key (id);
    create index on ci.bench_rows (other); create index on ci.bench_rows (client);
    create index on ci.bench_rows (updated_at); create index on ci.bench_rows (note);
    create index on ci.bench_rows (client, updated_at)"
  source_sql "vacuum (analyze) ci.bench_rows"
  source_sql checkpoint
}
# The farthest behind that the replica was while `watching` is there.
watch_lag() {
  while [ -e "$scratch/watching" ]; do
    source_sql "select coalesce(max(pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)), 0)::bigint
      from pg_stat_replication where application_name = 'main-2'"
    sleep 0.2
  done >"$scratch/lag"
}
# measured NAME COMMAND...: rows changed by the command per minute, and what the load and the replica felt meanwhile
measured() {
  local name=$1 from to before after wal_before
  fresh
  load_begin --writers 8 --rate 20
  sleep 2
  touch "$scratch/watching"
  watch_lag &
  local watcher=$!
  wal_before=$(wal)
  from=$(milliseconds)
  "${@:2}" >"$scratch/measured.out" 2>&1 || failed "$name: $(tail -n 5 "$scratch/measured.out")"
  to=$(milliseconds)
  after=$(wal)
  rm "$scratch/watching"
  wait "$watcher"
  before=$(changed)
  load_end 1
  jq -s --arg name "$name" --argjson from "$from" --argjson to "$to" --argjson rows "$before" \
    --argjson wal $((after - wal_before)) --argjson lag "$(sort -n "$scratch/lag" | tail -n 1)" '
    map(select(.outcome == "ok" and .kind != "read" and .t_start_us / 1000 >= $from and .t_end_us / 1000 <= $to)
      | (.m_end_us - .m_start_us) / 1000) | sort as $took |
    {($name): {rows: $rows, seconds: (($to - $from) / 1000), rows_per_minute: ($rows * 60000 / ($to - $from) | floor),
      load_p50_ms: $took[$took | length / 2 | floor], load_p99_ms: $took[$took | length * 0.99 | floor],
      load_longest_ms: $took[-1], replica_lag_mib: ($lag / 1048576 | floor),
      wal_bytes_per_row: (if $rows > 0 then $wal / $rows | floor else null end)}}' "${histories[-1]}" |
    tee -a "$scratch/ways" | jq -c . >&2
}
# The script in our own words: all keys are put aside in the order in which rows were changed last, then 3,000 are
# locked and changed in each transaction, taken from what was put aside, and half a second is rested.
by_hand() {
  local code=0
  timeout --signal=INT "$seconds" psql "$SOURCE" -v ON_ERROR_STOP=1 -q <<'SQL' || code=$?
create temporary table aside as select id, updated_at from ci.bench_rows where filled is null;
create index on aside (updated_at);
do $$
declare done int;
begin
  loop
    with picked as (select a.id from aside a order by a.updated_at limit 3000),
         locked as (select r.id, o.value from ci.bench_rows r join picked using (id)
                      join ci.bench_others o on o.id = r.other order by r.id for update of r)
    update ci.bench_rows r set filled = l.value from locked l where l.id = r.id;
    get diagnostics done = row_count;
    commit;
    with picked as (select id, updated_at from aside order by updated_at limit 3000)
    delete from aside a using picked p where a.updated_at = p.updated_at and a.id = p.id;
    commit;
    exit when done = 0;
    perform pg_sleep(0.5);
  end loop;
end $$;
SQL
  [ "$code" = 124 ]  # it was ended by the time
}
in_one() { source_sql "update ci.bench_rows r set filled = o.value from ci.bench_others o where o.id = r.other"; }
runbook() { # runbook LIMITS
  cat <<YML
pgcleave: 1
name: filling
summary: Fill a column.
verify:
  - id: fill
    uses: rows.update
    with:
      on: source
      table: ci.bench_rows
      set: {filled: o.value}
      where: row.filled IS NULL AND o.id = row.other
      from: {o: ci.bench_others}
      limits: $1
YML
}
flat_out() { "$build/pgcleave" run "$scratch/flat_out.yml" -e "$environment" --json; }
throttled() {
  local code=0
  timeout --signal=INT "$seconds" "$build/pgcleave" run "$scratch/throttled.yml" -e "$environment" --json || code=$?
  [ "$code" = 0 ] || [ "$code" = 124 ]
}
finish() { # what a run that was stopped has left is taken away, as an operator does: ended, then resumed
  source_sql "update pgcleave.jobs set ended = now() where ended is null" 2>/dev/null || true
  "$build/pgcleave" resume -e "$environment" --json >/dev/null 2>&1 || true
}
foretold() { # seconds that plan says for the whole, flat out
  fresh
  "$build/pgcleave" plan "$scratch/flat_out.yml" -e "$environment" 2>/dev/null |
    sed -n 's/.*by that: \([0-9.]*\)\([smhd]\) unless.*/\1 \2/p' |
    awk '{ f["s"] = 1; f["m"] = 60; f["h"] = 3600; f["d"] = 86400; print $1 * f[$2] }'
}

lab_up 1
source_sql "create table ci.bench_others (id bigint primary key, value int);
  insert into ci.bench_others select i, i % 1000 from generate_series(1, 200000) i; analyze ci.bench_others"
runbook '{replica_lag: 0B, slot_wal: 0B, wal_rate: 0B}' >"$scratch/flat_out.yml"
runbook '{}' >"$scratch/throttled.yml"
: >"$scratch/rounds"
for _ in $(seq "$rounds"); do
  : >"$scratch/ways"
  plan=$(foretold)
  measured by_hand by_hand
  measured in_one in_one
  measured flat_out flat_out
  measured throttled throttled
  finish
  jq -s --argjson plan "${plan:-null}" 'add + {plan_s: $plan}' "$scratch/ways" >>"$scratch/rounds"
done
result=$(jq -s '
  def spread: sort | {median: .[length / 2 | floor], least: .[0], most: .[-1]};
  . as $rounds | ($rounds[0] | keys - ["plan_s"]) as $ways |
  ($ways | map(. as $way | {($way): ($rounds[0][$way] | keys | map(. as $field |
     {($field): ($rounds | map(.[$way][$field]) | spread)}) | add)}) | add) +
  {rounds: ($rounds | length),
   flat_out_over_in_one: ($rounds | map(.flat_out.rows_per_minute / .in_one.rows_per_minute) | spread),
   throttled_over_by_hand: ($rounds | map(.throttled.rows_per_minute / .by_hand.rows_per_minute) | spread),
   throttled_p99_over_by_hand: ($rounds | map(.throttled.load_p99_ms / .by_hand.load_p99_ms) | spread),
   plan_over_flat_out: ($rounds | map(select(.plan_s != null) | .plan_s / .flat_out.seconds) | spread)}' \
  "$scratch/rounds")
[ -z "$json" ] || printf '%s\n' "$result" >"$json"
printf '%s\n' "$result"
