#!/usr/bin/env bash
# The journal fails while clients wait: its disk is full (a small one of its own, when this runs as root), or its file is taken away. Before
# ownership is taken the window is undone without it, after it the window is finished without it; then the run stops, and goes on from what
# the owners say as soon as there is a journal again.
if [ "$(id -u)" = 0 ] && [ -z "${OWN_MOUNTS:-}" ]; then exec env OWN_MOUNTS=1 unshare -m --propagation private "$0" "$@"; fi
source "$(dirname "$0")/../scenario.sh"
lab_up 2
load_begin --writers 4 --rate 20
small=$scratch/small
mkdir -m 711 "$small"
[ -z "${OWN_MOUNTS:-}" ] || mount -t tmpfs -o size=4m,mode=711 tmpfs "$small"
journal=$small/journal.db
trap 'umount "$small" 2>/dev/null || true; clean_up' EXIT
known() { "$build/pgcleave" status -e "$environment" --journal "$journal" --json | jq -r "$1"; }

full() { cat /dev/zero >"$small/rest" 2>/dev/null || true; }
room() { rm -f "$small/rest"; }
take_away() { mv "$journal" "$journal.away"; }
bring_back() { mv "$journal.away" "$journal"; }

# fails_at POINT HOW MENDED EXIT WORDS...: while the tool is held at the point, its journal fails
fails_at() {
  local point=$1 how=$2 mended=$3 expected=$4 code=0
  shift 4
  rm -f "$scratch/reached"
  PGCLEAVE_FAULT="sleep 1000|$point" PGCLEAVE_FAULT_REACHED="$scratch/reached" "$build/pgcleave-faulty" "$@" --journal "$journal" -e "$environment" \
    --approve go >"$scratch/failed.out" 2>&1 &
  local run=$!
  wait_for_file "$scratch/reached"
  "$how"
  wait "$run" || code=$?
  cp "$scratch/failed.out" "$scratch/failed-last.out"
  # shellcheck disable=SC2053  # a pattern
  [[ $code == $expected ]] || failed "exit code when the journal fails ($how) at '$point': seen '$code', expected '$expected'"
  contains "$scratch/failed.out" "clients do not wait"
  "$mended"
  # The guard looks after the window too, and holds the split meanwhile.
  guard_ends_within 15
}
say "outside a window nothing more is begun"
journal=$small/second.db
code=0
rm -f "$scratch/reached"
PGCLEAVE_FAULT="sleep 1000|after effect create publication" PGCLEAVE_FAULT_REACHED="$scratch/reached" "$build/pgcleave-faulty" run "$runbook" \
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
is "state" "$(known .state)" done
tool 0 log -e "$environment" --journal "$journal"
tool 0 rollback -e "$environment" --journal "$journal"
is "owner on the source" "$(owner_on_source)" 1

# When exactly a full disk is felt depends on how much of SQLite's own file is free inside.
if [ -n "${OWN_MOUNTS:-}" ]; then
  say "on a disk that is full, in the window or soon after it"
  journal=$small/full.db
  fails_at "after effect release ownership" full room "[48]" run "$runbook"
  tool 0 rollback -e "$environment" --journal "$journal"
  is "the source serves" "$(known '.serves')" source
fi

load_end
verify_clean source
[ -z "${OWN_MOUNTS:-}" ] || umount "$small"
say "ok"
