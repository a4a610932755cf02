#!/usr/bin/env bash
# A split that is kept is cleaned up under load: killed in the middle, stopped behind a lock, and finished. The stale
# halves are empty, what is in use is whole, no slot or publication is left, and the rollback is refused with the
# reason.
source "$(dirname "$0")/../scenario.sh"
cleanup=$root/runbooks/cleanup.yml
moved="relkind = 'r' and (relnamespace = 'ci'::regnamespace
  or (relnamespace = 'public'::regnamespace and (relname = 'Weird Name' or relname like 'ci\_%')))"
kept="relkind = 'r' and relnamespace = 'public'::regnamespace and relname <> 'Weird Name' and relname not like 'ci\_%'"
held_by() {
  echo "select coalesce(sum(pg_relation_size(oid)
          + case when reltoastrelid > 0 then pg_relation_size(reltoastrelid) else 0 end), 0)
        from pg_class where $1"
}
# What a cleanup would take away; the load does not change it.
sides() {
  echo "$(source_sql 'select (select count(*) from ci.projects) + (select count(*) from ci."Größe der Läufe")')" \
    "$(target_sql "select count(*) from public.users")" \
    "$(source_sql "select count(*) from pg_publication") $(source_sql "select count(*) from pg_subscription")" \
    "$(target_sql "select count(*) from pg_replication_slots")"
}
output() { # STEP NAME
  "$build/pgcleave" status -e "$environment" --json | jq -r ".steps[] | select(.step == \"$1\") | .outputs.$2"
}

lab_up
say "a database that was never split is refused"
tool 3 run "$cleanup" -e "$environment" --approve go=ci
contains "$scratch/tool.out" "not installed on source main"
source_sql 'insert into ci."Größe der Läufe" ("Wert") select i from generate_series(1, 200000) i'
source_sql "insert into public.users (name) select 'kept ' || i from generate_series(1, 20000) i"

say "split under load"
load_begin --writers 8 --reconnect 2 --rate 50
tool 0 run "$runbook" -e "$environment" --approve go
first=$(status .run)

say "refused while the source owns, and nothing is changed"
source_sql "select setval('pgcleave.owner_ci', 1)" >/dev/null
before=$(sides)
tool 3 run "$cleanup" -e "$environment" --approve go=ci
contains "$scratch/tool.out" "is source on source main and target on target ci"
contains "$scratch/tool.out" "nothing was changed"
is "what is stored" "$(sides)" "$before"
source_sql "select setval('pgcleave.owner_ci', 0)" >/dev/null

say "a foreign key from what stays is named before anything is changed"
source_sql "create table public.stays (project uuid references ci.projects)"
tool 3 run "$cleanup" -e "$environment" --approve go=ci
contains "$scratch/tool.out" 'ALTER TABLE public.stays DROP CONSTRAINT "stays_project_fkey"'
source_sql "drop table public.stays"
is "what is stored" "$(sides)" "$before"

say "plan says each effect, and changes nothing"
tool 0 plan "$cleanup" -e "$environment" --json
cp "$scratch/tool.json" "$scratch/plan.json"
is "what is stored" "$(sides)" "$before"

say "killed in the middle of the truncation"
source_size=$(source_sql "select pg_database_size('app')")
target_size=$(target_sql "select pg_database_size('app')")
kill_both_at "after effect TRUNCATE ci.builds on source" run "$cleanup" -e "$environment" --approve go=ci
is "state" "$(status .state)" interrupted
is "ci.builds on the source" "$(source_sql "select pg_relation_size('ci.builds')")" 0
[ "$(source_sql "$(held_by "$moved")")" -gt 0 ] || failed "it was killed too late to prove anything"

say "what was done can't be undone, so there is no rollback of it"
tool 3 rollback -e "$environment"
contains "$scratch/tool.out" "can't be rolled back"
contains "$scratch/tool.out" "the rows are gone"
is "state" "$(status .state)" interrupted

say "a reader is in the way: it is named, and ctrl-C stops"
psql "$TARGET" -qtAc "begin; select count(*) from public.users; select pg_sleep(60)" >/dev/null 2>&1 &
reader=$!
code=0
"$build/pgcleave" resume -e "$environment" --approve go=ci >"$scratch/stopped.out" 2>&1 &
run=$!
for _ in $(seq 300); do grep -qF "in the way: pid" "$scratch/stopped.out" && break; sleep 0.1; done
kill -INT "$run"
wait "$run" || code=$?
is "exit code after ctrl-C" "$code" 8
contains "$scratch/stopped.out" "AccessShareLock on public.users"
contains "$scratch/stopped.out" "done and not to be taken back"
is "state" "$(status .state)" stopped
kill "$reader"
target_sql "select pg_terminate_backend(pid) from pg_stat_activity
  where query like '%pg_sleep(60)%' and pid <> pg_backend_pid()" >/dev/null
tool 7 run "$cleanup" -e "$environment" --approve go=ci

say "nothing more is emptied while the source owns"
before=$(target_sql "select count(*) from public.users")
source_sql "select setval('pgcleave.owner_ci', 1)" >/dev/null
tool 8 resume -e "$environment" --approve go=ci
contains "$scratch/tool.out" "must be nobody and target"
is "users on the target" "$(target_sql "select count(*) from public.users")" "$before"
source_sql "select setval('pgcleave.owner_ci', 0)" >/dev/null

say "resume finishes it"
tool 0 resume -e "$environment" --approve go=ci
is "state" "$(status .state)" "done"
load_end 1

contains "$scratch/tool.out" "freed on target ci in all"
say "both stale halves are empty, what is in use is whole"
is "moved tables on the source" "$(source_sql "$(held_by "$moved")")" 0
is "kept tables on the target" "$(target_sql "$(held_by "$kept")")" 0
is "users on the source" "$(source_sql "select count(*) from public.users")" 21000
is "accounts on the source" "$(source_sql "select count(*) from public.accounts")" 1000
is "a moved table on the target" "$(target_sql 'select count(*) from ci."Größe der Läufe"')" 200050
verify_clean target

# near WHAT SEEN EXPECTED: within a tenth
near() {
  [ $(($2 * 10)) -gt $(($3 * 9)) ] && [ $(($2 * 10)) -lt $(($3 * 11)) ] || failed "$1: seen '$2', expected about '$3'"
}
say "the space is free, and the reported bytes are that space"
near "freed on the source" "$(output empty_source freed_bytes)" \
  $((source_size - $(source_sql "select pg_database_size('app')")))
[ "$(output empty_source freed_bytes)" -gt 10000000 ] || failed "hardly anything was freed on the source"
users=$(output empty_target 'tables["public.users"]')
[ "$users" -gt 1000000 ] || failed "the bytes of public.users are missing: $users"
is "the sum by table" "$(output empty_target 'tables | add')" "$(output empty_target freed_bytes)"
[ "$(target_sql "select pg_database_size('app')")" -lt "$target_size" ] ||
  say "the target has grown more by its load than it was freed"
"$build/pgcleave" log -e "$environment" --json >"$scratch/log.json"
[ "$(jq -s '[.[] | select(.type == "effect.done" and (.data.result.freed_bytes // 0) > 0)] | length' \
  "$scratch/log.json")" -gt 5 ] || failed "the journal does not hold what was freed"
jq -r '.steps[].effects[]' "$scratch/plan.json" | sort >"$scratch/plan.words.out"
jq -r --arg run "$(status .run)" 'select(.run == $run and .type == "effect.announced") | .data.effect' \
  "$scratch/log.json" | sort -u >"$scratch/journal.words.out"
diff "$scratch/plan.words.out" "$scratch/journal.words.out" >"$scratch/words.diff.out" ||
  failed "plan and journal differ"

say "no slot, publication or subscription of the split is left, and Patroni knows none"
for sql in source_sql target_sql; do
  is "publications" "$($sql "select count(*) from pg_publication")" 0
  is "subscriptions" "$($sql "select count(*) from pg_subscription")" 0
  is "slots" \
    "$($sql "select count(*) from pg_replication_slots where slot_name like 'pgcleave%' or slot_name = 'ci_cluster'")" 0
done
for scope in main ci; do
  patronictl -c "$PATRONI_CONF" show-config "$scope" >"$scratch/$scope.out"
  ! grep -qE "pgcleave_ci_|^ *ci_cluster:" "$scratch/$scope.out" ||
    failed "Patroni of $scope still knows a slot of the split"
done

say "a rollback is refused with the reason"
tool 3 rollback "$first" -e "$environment"
contains "$scratch/tool.out" "(cleanup) ended the rollback path"
tool 3 rollback -e "$environment"
contains "$scratch/tool.out" "there is nothing to do"
is "owner on the target" "$(owner_on_target)" 2
is "state" "$(status .state)" "done"
tool 0 resume -e "$environment"
say "ok"
