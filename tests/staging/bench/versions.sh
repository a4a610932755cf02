#!/usr/bin/env bash
# What keeping bounds of versions costs a bulk insert, and how fast progress is told.
# Usage: versions.sh BUILD ROUNDS JSON_FILE KEEP
#   in each round, in turn, 800,000 rows of 66 groups, 13,000 rows to a statement: without triggers, with
#   versions.track; with a trigger for each row once only, since it takes long (VERSIONS_ROWS=0: not at all)
#   then 10 million rows in 20,000 groups, and a look at how many are done
set -euo pipefail
build=$1
rounds=$2
json=$3
KEEP=$4
source "$(dirname "$0")/../scenario.sh" "$build"
big=${VERSIONS_BIG-10000000}

milliseconds() { echo $(($(date +%s%N) / 1000000)); }
fresh() {
  source_sql "set client_min_messages to error; drop function if exists ci.bench_docs_versions_widen cascade;
    drop procedure if exists ci.bench_docs_versions_narrow; drop table if exists ci.bench_docs_versions, ci.bench_docs;
    drop function if exists ci.bench_keep;
    create table ci.bench_docs (client int, id int, version int not null, body text, primary key (client, id))"
  source_sql checkpoint
}
# Each statement is a transaction of its own, as a program writes that inserts as many rows as a statement may have.
insert_sql() {
  local i
  for i in $(seq 0 61); do
    echo "insert into ci.bench_docs select (i / 12200), i, 1 + i % 2, 'payload of a row ' || i
      from generate_series($((i * 13000)), $(((i + 1) * 13000 < 800000 ? (i + 1) * 13000 - 1 : 799999))) i;"
  done
}
inserted_in() {
  local from
  from=$(milliseconds)
  insert_sql | psql "$SOURCE" -v ON_ERROR_STOP=1 -q
  echo $(($(milliseconds) - from))
}
track() {
  cat >"$scratch/track.yml" <<'YML'
pgcleave: 1
name: track
summary: Keep bounds of versions.
verify:
  - id: track
    uses: versions.track
    with: {on: source, table: ci.bench_docs, group_by: [client], limits: {replica_lag: 0B, slot_wal: 0B, wal_rate: 0B}}
YML
  tool 0 run "$scratch/track.yml" -e "$environment"
}
by_row() {
  source_sql "create table ci.bench_docs_versions (client int primary key, min_version int, max_version int);
    create function ci.bench_keep() returns trigger language plpgsql as 'begin
      insert into ci.bench_docs_versions as v values (new.client, new.version, new.version)
      on conflict (client) do update set min_version = least(v.min_version, excluded.min_version),
          max_version = greatest(v.max_version, excluded.max_version);
      return null; end';
    create trigger keep after insert on ci.bench_docs for each row execute function ci.bench_keep()"
}

lab_up 1
: >"$scratch/rounds"
rows=null
for round in $(seq "$rounds"); do
  fresh
  none=$(inserted_in)
  fresh
  track
  tracked=$(inserted_in)
  is "groups outside of their bounds" "$(source_sql "select count(*) from
    (select client, min(version) lo, max(version) hi from ci.bench_docs group by client) d
    left join ci.bench_docs_versions v using (client)
    where v.client is null or d.lo < v.min_version or d.hi > v.max_version")" 0
  if [ "$round" = 1 ] && [ "${VERSIONS_ROWS-1}" = 1 ]; then
    fresh
    by_row
    rows=$(inserted_in)
  fi
  jq -nc --argjson none "$none" --argjson tracked "$tracked" --argjson rows "$rows" \
    '{without_ms: $none, tracked_ms: $tracked, row_triggers_ms: $rows, tracked_over_without: ($tracked / $none)}' |
    tee -a "$scratch/rounds" >&2
done

say "$big rows in 20,000 groups"
fresh
source_sql "insert into ci.bench_docs select i / (($big + 19999) / 20000), i, 1 + (i % 3) / 2, ''
  from generate_series(0, $big - 1) i"
source_sql "vacuum (analyze) ci.bench_docs"
track
for _ in $(seq 20); do
  echo "\\timing on
select count(*) filter (where min_version >= 2) as done, count(*) as all_groups from ci.bench_docs_versions;"
done | psql "$SOURCE" -qAt | sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p' >"$scratch/told"
groups=$(source_sql "select count(*) from ci.bench_docs_versions")
result=$(jq -s --slurpfile told "$scratch/told" --argjson big "$big" --argjson groups "$groups" '
  def spread: sort | {median: .[length / 2 | floor], least: .[0], most: .[-1]};
  {rows: 800000, rounds: length, without_ms: (map(.without_ms) | spread), tracked_ms: (map(.tracked_ms) | spread),
   tracked_over_without: (map(.tracked_over_without) | spread), row_triggers_ms: .[0].row_triggers_ms,
   progress: {rows: $big, groups: $groups, told_ms: ($told | spread)}}' "$scratch/rounds")
[ -z "$json" ] || printf '%s\n' "$result" >"$json"
printf '%s\n' "$result"
