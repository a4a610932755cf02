#!/usr/bin/env bash
# A backfill under load: killed by SIGKILL again and again, on hold and let go, and resumed each time. An audit trigger
# proves that each row was changed exactly once.
source "$(dirname "$0")/../scenario.sh"
backfill=$root/runbooks/backfill.yml
job() { source_sql "select coalesce((select ($1)::text from pgcleave.jobs), 'none')"; }
matching="ci.jobs j join ci.builds b on b.id = j.build_id where b.pipeline_id is not null"
# begin WORDS...: the tool, beside this script
begin() {
  "$build/pgcleave" "$@" >"$scratch/begun.json" 2>"$scratch/begun.out" &
  begun=$!
}
# moves_on: the job changes rows
moves_on() {
  local before
  before=$(job batches)
  for _ in $(seq 600); do
    [ "$(job batches)" != "$before" ] && return
    kill -0 "$begun" 2>/dev/null || return 0
    sleep 0.1
  done
  failed "the job does not move on"
}

lab_up 1
source_sql "insert into ci.builds (client, n, pipeline_id)
  select 0, 1000000 + i, 1 + i % 1000 from generate_series(1, 100000) i"
source_sql "insert into ci.jobs (build_id, client, n) select id, 0, n from ci.builds where n > 1000000"
load_begin --writers 4 --reconnect 1 --rate 10

say "plan tries some batches, tells what it will take, and changes nothing"
tool 0 plan "$backfill" -e "$environment"
contains "$scratch/tool.json" "will change rows on source main in batches: UPDATE ci.jobs AS row SET \"pipeline_id\" = "
is "the column" "$(source_sql "select count(*) from pg_attribute
  where attrelid = 'ci.jobs'::regclass and attname = 'pipeline_id'")" 0
is "the jobs" "$(source_sql "select coalesce(to_regclass('pgcleave.jobs')::text, 'none')")" none

say "each change of a row is written down"
source_sql "alter table ci.jobs add column pipeline_id integer"
source_sql "create table public.changes (id bigint);
  create function public.note_change() returns trigger language plpgsql security definer as
    'begin insert into public.changes values (new.id); return null; end';
  create trigger note_change after update on ci.jobs for each row execute function public.note_change()"
tool 0 plan "$backfill" -e "$environment"
contains "$scratch/tool.json" "tried 3 batches and rolled them back"
is "changes by plan" "$(source_sql "select count(*) from public.changes")" 0

say "killed by SIGKILL, and resumed"
begin run "$backfill" -e "$environment"
for _ in $(seq 300); do
  [ "$(source_sql "select to_regclass('pgcleave.jobs') is not null")" = t ] && break
  sleep 0.1
done
kills=0
for _ in $(seq 8); do
  moves_on
  kill -0 "$begun" 2>/dev/null || break
  kill -KILL "$begun"
  wait "$begun" 2>/dev/null || true
  kills=$((kills + 1))
  begin resume -e "$environment"
done
[ "$kills" -ge 3 ] || failed "only $kills kills: the job was too fast to prove anything"
say "killed $kills times, $(job changed) rows changed so far"

if kill -0 "$begun" 2>/dev/null; then
  say "on hold it changes nothing; let go it ends"
  "$build/pgcleave" hold -e "$environment" 2>"$scratch/hold.out" ||
    grep -q "has no job that is under way" "$scratch/hold.out" || failed "hold: $(cat "$scratch/hold.out")"
  sleep 3
  tool 0 status -e "$environment"
  contains "$scratch/tool.json" "job fill on source main: "
  before=$(job changed)
  sleep 2
  is "rows changed while on hold" "$(job changed)" "$before"
  "$build/pgcleave" pace -e "$environment" --target 50ms 2>"$scratch/hold.out" ||
    grep -q "has no job that is under way" "$scratch/hold.out" || failed "pace: $(cat "$scratch/hold.out")"
  [ "$(job "target_ms = 50 or ended is not null")" = true ] || failed "the batches keep their pace"
  "$build/pgcleave" continue -e "$environment" 2>"$scratch/hold.out" ||
    grep -q "has no job that is under way" "$scratch/hold.out" || failed "continue: $(cat "$scratch/hold.out")"
fi
code=0
wait "$begun" || code=$?
is "exit code of the last resume" "$code" 0
is "state" "$(status .state)" "done"
load_end 1

say "each row was changed exactly once"
is "rows changed twice" \
  "$(source_sql "select count(*) from (select from public.changes group by id having count(*) > 1) s")" 0
is "rows that are left" "$(source_sql "select count(*) from $matching and j.pipeline_id is null")" 0
is "wrong values" "$(source_sql "select count(*) from $matching and j.pipeline_id <> b.pipeline_id")" 0
is "rows by the job's count" "$(job changed)" "$(source_sql "select count(*) from public.changes")"
[ "$(job changed)" -ge 100000 ] || failed "only $(job changed) rows were changed"
say "$(job "changed || ' rows in ' || batches || ' batches, epoch ' || epoch || ', ' || pass || ' passes'")"
tool 0 resume -e "$environment"
is "a resume after the end changes" "$(source_sql "select count(*) from public.changes")" "$(job changed)"
verify_clean source
say "ok"
