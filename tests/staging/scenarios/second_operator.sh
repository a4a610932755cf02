#!/usr/bin/env bash
# Two operators, each with a journal of his own: the second changes nothing and is told whom to ask; if he takes over,
# the first can do nothing more when he wakes up.
source "$(dirname "$0")/../scenario.sh"
lab_up
load_begin --writers 8 --reconnect 2 --rate 20
mine=$scratch/mine.db

# first_operator SECONDS POINT WORDS...: a run that stands at this point so long; in a window its guard would kill it
# after 20 s
first_operator() {
  rm -f "$scratch/reached"
  PGCLEAVE_FAULT="sleep ${1}000|$2" PGCLEAVE_FAULT_REACHED=$scratch/reached "$build/pgcleave-faulty" "${@:3}" \
    >"$scratch/first.out" 2>&1 &
  first=$!
  wait_for_file "$scratch/reached"
}
# first_wakes_up EXIT WORDS
first_wakes_up() {
  local code=0
  kill -CONT "$first" 2>/dev/null || true  # it may have woken up by itself
  wait "$first" || code=$?
  is "the first operator's exit code" "$code" "$1"
  contains "$scratch/first.out" "$2"
}
copy_of_journal() {
  local file
  for file in "$1"*; do case $file in *.lock) ;; *) cp "$file" "$2${file#"$1"}" ;; esac; done
}
changes() {
  source_sql "select (select count(*) from pgcleave.ownership_log), (select count(*) from pg_replication_slots),
    (select count(*) from pg_trigger)"
}

say "while a run prepares, a run from another journal is refused"
first_operator 5 "after effect create the fence trigger" run "$runbook" -e "$environment" --approve go
kill -STOP "$first"
before=$(changes)
tool 7 run "$runbook" -e "$environment" --journal "$mine" --approve go
contains "$scratch/tool.out" "another run holds it"
contains "$scratch/tool.out" "by root@"
contains "$scratch/tool.out" "since 20"
contains "$scratch/tool.out" "pgcleave run $runbook -e $environment --journal $mine --takeover"
is "what the second operator changed" "$(changes)" "$before"

say "taking over goes on with what is there, and the first finds that out before its next effect"
tool 0 run "$runbook" -e "$environment" --journal "$mine" --approve go --takeover
is "owner on the target" "$(owner_on_target)" 2
first_wakes_up 7 "was taken over while this process was away"
is "owner on the target" "$(owner_on_target)" 2
tool 0 rollback -e "$environment" --journal "$mine"

say "a copy of a journal that is in use elsewhere is refused too"
tool 0 rollback -e "$environment" --takeover
runbook=$root/runbooks/logical-switchover.yml
first_operator 14 "after effect release ownership" run "$runbook" -e "$environment" --approve go
run=$(status .run)
copy_of_journal "$dir/journal.db" "$scratch/copy.db"
tool 7 resume "$run" -e "$environment" --journal "$scratch/copy.db"
contains "$scratch/tool.out" "this one may be an older copy"
is "owner on the source" "$(owner_on_source)" 0

say "taken over in the window: undone, and gone through again; the first undoes nothing of that"
tool 0 resume "$run" -e "$environment" --journal "$scratch/copy.db" --takeover --approve go
is "owner on the target" "$(owner_on_target)" 2
first_wakes_up 7 "was taken over while this process was away"
sleep 2
is "what its guard says, which it dismissed" "$(grep -c guard: "$scratch/first.out" || true)" 0
is "owner on the target" "$(owner_on_target)" 2

say "taken over in the window by another journal, then killed: its guard finds whose the split is, and does nothing"
first_operator 18 "after effect release ownership" rollback -e "$environment" --journal "$scratch/copy.db"
copy_of_journal "$scratch/copy.db" "$scratch/third.db"
rm -f "$scratch/reached"
PGCLEAVE_FAULT="hold|after effect release ownership" PGCLEAVE_FAULT_REACHED=$scratch/reached \
  PGCLEAVE=$build/pgcleave-faulty \
  tool 0 resume "$run" -e "$environment" --journal "$scratch/third.db" --takeover &
third=$!
wait_for_file "$scratch/reached"
kill -KILL "$first"
for _ in $(seq 100); do grep -q "another run holds it" "$scratch/first.out" && break; sleep 0.1; done
contains "$scratch/first.out" "another run holds it"
is "owner on the target" "$(owner_on_target)" 0
rm -f "$scratch/reached"
wait "$third"
is "owner on the source" "$(owner_on_source)" 1
load_end 1
verify_clean source
say "ok"
