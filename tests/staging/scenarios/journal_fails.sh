#!/usr/bin/env bash
# The journal's file is taken away while clients wait. Before ownership is taken the window is undone without it, after
# it the window is finished without it; then the run stops, and goes on from what the owners say as soon as there is a
# journal again.
source "$(dirname "$0")/../scenario.sh"
source "$root/tests/staging/journal_words.sh"
lab_up 2
load_begin --writers 4 --rate 20
small=$scratch/small
mkdir -m 711 "$small"
journal=$small/journal.db
take_away() { mv "$journal" "$journal.away"; }
bring_back() { mv "$journal.away" "$journal"; }

say "outside a window nothing more is begun"
journal=$small/second.db
code=0
rm -f "$scratch/reached"
PGCLEAVE_FAULT="sleep 1000|after effect create publication" PGCLEAVE_FAULT_REACHED="$scratch/reached" \
  "$build/pgcleave-faulty" run "$runbook" \
  --journal "$journal" -e "$environment" --approve go >"$scratch/failed.out" 2>&1 &
run=$!
wait_for_file "$scratch/reached"
take_away
wait "$run" || code=$?
is "exit code when the journal fails before the window" "$code" 5
is "slots and files that came after" "$(ls "$dir"/*.pgcleave 2>/dev/null)" ""
bring_back
tool 0 rollback -e "$environment" --journal "$journal"
journal=$small/journal.db

say "before ownership is taken"
fails_at "after effect release ownership" take_away bring_back 4 run "$runbook"
contains "$scratch/failed-last.out" "going on until clients are served"
is "owner on the source" "$(owner_on_source)" 1

say "after it was taken"
fails_at "after effect give ownership" take_away bring_back 8 resume
contains "$scratch/failed-last.out" "going on until clients are served"
is "owner on the target" "$(owner_on_target)" 2
tool 0 resume -e "$environment" --journal "$journal"
is "state" "$(known .state)" "done"
tool 0 log -e "$environment" --journal "$journal"
tool 0 rollback -e "$environment" --journal "$journal"
is "owner on the source" "$(owner_on_source)" 1

load_end
verify_clean source
say "ok"
