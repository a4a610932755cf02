#!/usr/bin/env bash
# The host is lost in the window, after ownership was taken, and all that is left is a copy of the journal from before
# that. While the link to the target is down nothing is changed; when it is back the window is finished: one owner,
# nothing lost.
source "$(dirname "$0")/../scenario.sh"
runbook=$root/runbooks/logical-switchover.yml
lab_up 3 --proxies
load_begin --writers 8 --reconnect 2 --rate 20
copy_of_journal() {
  local file
  for file in "$dir"/journal.db*; do case $file in *.lock) ;; *) cp "$file" "$1${file#"$dir/journal.db"}" ;; esac; done
}
link() { "$lab" fault --dir "$dir" --link ci-1 --do "$1" >/dev/null; }
changes() {
  source_sql "select (select count(*) from pgcleave.ownership_log) || ' ' ||
    (select epoch || journal from pgcleave.holder) || ' ' || (select count(*) from pg_trigger)"
}
# What is refused writes nothing: else a `rollback` would have a say in what a later `resume` does with the same copy.
events() { sqlite3 -readonly "$scratch/$1.db" "select count(*) || ' ' || max(type || at_us) from event"; }
refused_from() {  # refused_from COPY VERB
  local had
  had=$(events "$1")
  # shellcheck disable=SC2046
  tool 5 $(from_copy "$2" "$scratch/$1.db")
  is "the journal $1.db after a refused $2" "$(events "$1")" "$had"
}
from_copy() { echo "$1 $run -e $environment --journal $2 --takeover"; }

say "copies from the gate and from within the window; then the host is lost, after take"
tool 6 run "$runbook" -e "$environment" --set pause_budget=4s
run=$(status .run)
copy_of_journal "$scratch/gate.db"
rm -f "$scratch/reached"
PGCLEAVE_FAULT="hold|before record step.intent take" PGCLEAVE_FAULT_REACHED="$scratch/reached" \
  "$build/pgcleave-faulty" resume "$run" -e "$environment" --approve go >"$scratch/lost.out" 2>&1 &
lost=$!
wait_for_file "$scratch/reached"
copy_of_journal "$scratch/window.db"
guard=$(pgrep -f "^(pgcleave|/proc/[0-9]+/exe) guard .*$scratch")
rm -f "$scratch/reached"
until [ "$(owner_on_target)" = 2 ]; do kill -0 "$lost" || failed "the run ended before it took"; done
kill -KILL "$guard" "$lost" || true
wait "$lost" || true
is "owners" "$(owner_on_source) $(owner_on_target)" "0 2"
rm -f "$dir"/journal.db*

say "while the link to the target is down, no copy changes anything, whatever is typed"
link drop
before=$(changes)
for copy in window gate; do
  for verb in resume rollback; do
    refused_from $copy $verb
    is "owners" "$(owner_on_source) $(owner_on_target)" "0 2"
    contains "$scratch/tool.out" "this journal may lack what was done last"
    contains "$scratch/tool.out" "that of target ci can't be read"
  done
done
is "what was changed" "$(changes)" "$before"
is "owners" "$(owner_on_source) $(owner_on_target)" "0 2"

say "the link is back: a copy that ends before the window undoes nothing, and one that ends in it finishes the window"
link heal
for verb in resume rollback; do
  refused_from gate $verb
  contains "$scratch/tool.out" "ownership was passed, but the journal does not know it"
done
is "what was changed" "$(changes)" "$before"
code=0
# shellcheck disable=SC2046
timeout 200 "$build/pgcleave" $(from_copy resume "$scratch/window.db") >"$scratch/tool.out" 2>&1 || code=$?
# Exit code 9: the budget was missed.
[ "$code" = 0 ] || [ "$code" = 9 ] || failed "the copy from within the window could not finish it: exit code $code"
contains "$scratch/tool.out" "the point of no return was passed: finishing the window"
is "owners" "$(owner_on_source) $(owner_on_target)" "0 2"
load_end 1
verify_clean target errors
say "ok"
