#!/usr/bin/env bash
# A rehearsal goes there and back under load with nobody asked, and is evidence for this very runbook, split and program
# only.
source "$(dirname "$0")/../scenario.sh"
lab_up
book=$scratch/book.yml
sed -e 's/^rehearsal: .*/rehearsal: {times: 1, max_age: 1h}/' -e 's/^roles: .*/roles: [driver]/' \
  "$root/runbooks/logical-switchover.yml" >"$book"
load="exec $(realpath "$lab") load --dir $dir --seconds 600 --writers 8 --reconnect 2"
load+=" --history $scratch/history-1.jsonl"
histories=("$scratch/history-1.jsonl")
rehearse() { tool "$1" rehearse "${@:2}" -e "$environment" --json; }
process() { # EXIT OPTIONS...: the ids of the family process, without the one that tells of this machine
  tool "$1" check -e "$environment" --runbook "${@:2}" --json
  jq -r '.findings[].id | select(. != "process.guard_inside")' "$scratch/tool.json" | grep '^process\.' |
    LC_ALL=C sort -u | tr '\n' ' ' || true
}

say "what makes no sense is refused before anything is done"
sed 's/^class: staging/class: production/' "$environment" >"$dir/production.yml"
tool 2 rehearse "$book" -e "$dir/production.yml"
contains "$scratch/tool.out" "is of class production: nothing is rehearsed there"
rehearse 2 "$book" --times 2 --rollback never
contains "$scratch/tool.out" "can't begin while the target serves"
rehearse 2 "$book" --times 0
rehearse 2 "$book" --hold soon
is "schema pgcleave" "$(source_sql "select count(*) from pg_namespace where nspname = 'pgcleave'")" 0
is "findings about the process" "$(process 3 "$book")" "process.not_signed process.too_few_rehearsals "

say "on production what is not ready does not begin, but for a reason that is kept"
tool 3 run "$runbook" -e "$dir/production.yml" --yes
contains "$scratch/tool.out" "process.too_few_rehearsals"
contains "$scratch/tool.out" "is not ready for it; nothing was changed"
tool 2 run "$runbook" -e "$dir/production.yml" --yes --force ' '
is "runs" "$("$build/pgcleave" runs -e "$environment" --json | jq length)" 0

say "what was never rehearsed stops right before the window all the same"
tool 6 run "$runbook" -e "$dir/production.yml" --yes --force 'the disk of the primary fails'
"$build/pgcleave" report run -e "$environment" >"$scratch/report.md"
contains "$scratch/report.md" "The reason that was given: the disk of the primary fails"
run=$(status .run)
"$build/pgcleave" approve "$run" go -e "$dir/production.yml" >"$scratch/approve.out" 2>&1
tool 4 resume "$run" -e "$dir/production.yml"
contains "$scratch/tool.out" "never rehearsed"
contains "$scratch/tool.out" "on production that stops the run"
is "schema pgcleave" "$(source_sql "select count(*) from pg_namespace where nspname = 'pgcleave'")" 0

say "two rounds under load"
rehearse 0 "$book" --times 2 --hold 2s --load "$load"
is "good rounds" "$(jq '[.rounds[] | select(.good and .rolled_back)] | length' "$scratch/tool.json")" 2
is "rounds with a pause each way" \
  "$(jq '[.rounds[] | select(.pause_ms > 0 and .rollback_pause_ms > 0 and .back_s > 0)] | length' \
    "$scratch/tool.json")" 2
verify_clean source
tool 0 runs -e "$environment" --rehearsal last --json
is "rounds compared" "$(jq 'length' "$scratch/tool.json")" 2
tool 0 plan "$book" -e "$environment" --json
is "rehearsals that the forecast knows" "$(jq .forecast.rounds "$scratch/tool.json")" 2
is "findings about the process" "$(process 3 "$book")" "process.not_signed "
tool 2 sign "$book" -e "$environment" --role cook
tool 0 sign "$book" -e "$environment" --role driver
is "findings about a change that is rehearsed and signed" "$(process 0 "$book")" ""
cp "$environment" "$scratch/environment.before"
echo '# one word more' >>"$environment"
is "findings with another environment file" "$(process 3 "$book")" "process.not_signed "
cp "$scratch/environment.before" "$environment"

say "another text of the runbook or of the split was not rehearsed"
{ cat "$book"; echo '# one word more'; } >"$scratch/other.yml"
is "findings about another runbook" "$(process 3 "$scratch/other.yml")" \
  "process.not_signed process.rehearsal_of_other_runbook process.too_few_rehearsals "
{ cat "$dir/split.yml"; echo '# one word more'; } >"$dir/other-split.yml"
is "findings about another split" "$(process 3 "$book" --split "$dir/other-split.yml")" \
  "process.not_signed process.rehearsal_of_other_split process.too_few_rehearsals "

say "ctrl-C while it is held goes back; a load that ends by itself is a surprise;" \
  "both are problems until they are solved"
timeout 240 "$build/pgcleave" rehearse "$book" -e "$environment" --times 3 --hold 100s --load 'echo no more; exit 3' \
  --json >"$scratch/held.json" 2>"$scratch/held.out" &
held=$!
for _ in $(seq 300); do grep -q '^holding' "$scratch/held.out" && break; sleep 0.1; done
kill -INT "$held"
code=0
wait "$held" || code=$?
is "exit code of a rehearsal that was stopped" "$code" 9
is "rounds of it" "$(jq '.rounds | length' "$scratch/held.json")" 1
is "state" "$(status .state)" "rolled back"
contains "$scratch/held.out" "the load ended by itself with exit code 3"
contains "$scratch/held.out" "was asked to stop while it was held"
is "findings about a surprise" "$(process 3 "$book")" "process.problem_unsolved "
tool 0 solved "$(jq -r '.rounds[0].run' "$scratch/held.json")" --how "the load was given an end by mistake" \
  -e "$environment"
is "findings about what was solved" "$(process 0 "$book")" ""

say "what a rollback leaves behind is a surprise, and what was there before the first round is none;" \
  "and a rehearsal gets old"
awk '{ print }
  /id: release_wal/ {
    print "    - {id: dirt, uses: postgres.sql, with: {on: source, sql: \"create or replace view public.left_behind" \
      " as select b.id, u.name from ci.builds b join public.users u on u.id = b.client\"}}"
  }' "$book" |
  sed 's/max_age: 1h/max_age: 1s/' >"$scratch/dirty.yml"
rehearse 9 "$scratch/dirty.yml" --times 2 --hold 0s
contains "$scratch/tool.out" "after_rollback: schema.view_crosses (view public.left_behind"
contains "$scratch/tool.out" "stopped: round 1 brought a surprise"
rehearse 0 "$scratch/dirty.yml" --times 1 --hold 0s
sleep 1
is "findings about an old rehearsal" "$(process 3 "$scratch/dirty.yml")" \
  "process.not_signed process.rehearsal_of_other_runbook process.rehearsal_stale process.too_few_rehearsals "
source_sql "drop view public.left_behind"
say "ok"
