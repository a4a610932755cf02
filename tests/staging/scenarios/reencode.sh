#!/usr/bin/env bash
# Rows are turned into another version under load: killed by SIGKILL again and again, by SQL there, by a program back.
# An audit trigger proves that each row was changed exactly once; the small table's bounds are what the rows have.
source "$(dirname "$0")/../scenario.sh"
reencode=$root/runbooks/reencode.yml
job() { source_sql "select coalesce((select ($1)::text from pgcleave.jobs where job like '%/migrate'
  order by began desc limit 1), 'none')"; }
# begin WORDS...: the tool, beside this script
begin() {
  "$build/pgcleave" "$@" >"$scratch/begun.json" 2>"$scratch/begun.out" &
  begun=$!
}
# killed_and_resumed TIMES WORDS...: begun by the words, killed as often as there is time for, resumed, and at its end
killed_and_resumed() {
  local kills=0 before code=0 most=$1
  begin "${@:2}"
  until [ "$(source_sql "select to_regclass('pgcleave.jobs') is not null")" = t ] || ! kill -0 "$begun" 2>/dev/null; do
    sleep 0.05
  done
  for _ in $(seq "$most"); do
    before=$(job batches)
    until [ "$(job batches)" != "$before" ] || ! kill -0 "$begun" 2>/dev/null; do sleep 0.05; done
    kill -0 "$begun" 2>/dev/null || break
    kill -KILL "$begun"
    wait "$begun" 2>/dev/null || true
    kills=$((kills + 1))
    begin resume -e "$environment"
  done
  wait "$begun" || code=$?
  [ "$code" = 0 ] || { cat "$scratch/begun.out"; failed "it ends with exit code $code"; }
  is "state" "$(status .state)" "done"
  say "killed $kills times, $(job "changed || ' rows in ' || batches || ' batches, ' || pass || ' passes'")"
  [ "$kills" -ge 2 ] || failed "only $kills kills: the job was too fast to prove anything"
}
# What the small table says against what the rows are: it may be wider while clients write, never narrower.
bounds_are_right() {
  source_sql "call ci.builds_versions_narrow(true)"
  is "groups whose rows are outside of their bounds" "$(source_sql "select count(*) from
    (select client, min(version) lo, max(version) hi from ci.builds group by client) b left join ci.builds_versions v
    using (client) where v.client is null or b.lo < v.min_version or b.hi > v.max_version")" 0
  is "groups that are not done" "$(source_sql "select count(*) from ci.builds_versions where min_version < 2")" 0
}

lab_up 1
source_sql "insert into ci.builds (client, n, payload)
  select i % 200, 1000000 + i, 'ä payload ' || i from generate_series(1, 60000) i"
source_sql "create table public.kept as select id, payload from ci.builds where n > 1000000"
load_begin --writers 4 --reconnect 1 --rate 10

say "plan changes nothing"
tool 0 plan "$reencode" -e "$environment"
contains "$scratch/tool.json" "make table ci.builds_versions, and triggers of ci.builds that keep it"
is "the column" "$(source_sql "select count(*) from pg_attribute
  where attrelid = 'ci.builds'::regclass and attname = 'version'")" 0

say "up, by SQL"
source_sql "alter table ci.builds add column version smallint not null default 1;
  create table public.changes (id bigint, version int);
  create function public.note_change() returns trigger language plpgsql security definer as
    'begin insert into public.changes values (new.id, new.version); return null; end';
  create trigger note_change after update on ci.builds for each row execute function public.note_change()"
killed_and_resumed 6 run "$reencode" -e "$environment" --set target=50ms
is "rows of version 1" "$(source_sql "select count(*) from ci.builds where version <> 2")" 0
is "payloads that are not what they were" "$(source_sql "select count(*) from ci.builds b join public.kept k using (id)
  where convert_from(decode(b.payload, 'base64'), 'UTF8') <> k.payload")" 0
is "rows changed twice" \
  "$(source_sql "select count(*) from (select from public.changes group by id having count(*) > 1) s")" 0
is "rows by the job's count" "$(job changed)" "$(source_sql "select count(*) from public.changes")"
bounds_are_right

say "back, by a program"
cat >"$scratch/decode.py" <<'PY'
import base64, json, sys
for line in sys.stdin:
    row = json.loads(line)
    row["payload"] = base64.b64decode(row["payload"]).decode()
    print(json.dumps(row), flush=True)
PY
cat >"$scratch/back.yml" <<YML
pgcleave: 1
name: back
summary: Back by a program.
prepare:
  - id: before
    uses: postgres.sql
    with: {on: source, sql: "SET LOCAL lock_timeout TO '300ms'; DROP TRIGGER IF EXISTS encode_payload ON ci.builds"}
    retries: 60
verify:
  - id: migrate
    uses: rows.migrate
    with:
      on: source
      table: ci.builds
      direction: down
      from: 1
      to: 2
      down_program: [python3, $scratch/decode.py]
      read: [payload]
      write: [payload]
      bounds: ci.builds_versions
      target: 50ms
  - id: untrack
    uses: versions.untrack
    with: {on: source, table: ci.builds, group_by: [client], into: ci.builds_versions}
YML
source_sql "truncate public.changes"
killed_and_resumed 6 run "$scratch/back.yml" -e "$environment"
is "rows of version 2" "$(source_sql "select count(*) from ci.builds where version <> 1")" 0
is "payloads that are not what they were" \
  "$(source_sql "select count(*) from ci.builds b join public.kept k using (id) where b.payload <> k.payload")" 0
is "rows changed twice" \
  "$(source_sql "select count(*) from (select from public.changes group by id having count(*) > 1) s")" 0
is "the small table" "$(source_sql "select count(*) from pg_class where relname like 'builds_versions%'")" 0
load_end 1
verify_clean source
say "ok"
