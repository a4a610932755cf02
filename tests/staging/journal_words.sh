# For scenarios in which the journal fails: sourced after scenario.sh, and used with $journal set.
known() { "$build/pgcleave" status -e "$environment" --journal "$journal" --json | jq -r "$1"; }

# fails_at POINT HOW REPAIR EXIT WORDS...: while the tool is held at the point, its journal fails
fails_at() {
  local point=$1 how=$2 repair=$3 expected=$4 code=0
  shift 4
  rm -f "$scratch/reached"
  PGCLEAVE_FAULT="sleep 1000|$point" PGCLEAVE_FAULT_REACHED="$scratch/reached" "$build/pgcleave-faulty" "$@" \
    --journal "$journal" -e "$environment" \
    --approve go >"$scratch/failed.out" 2>&1 &
  local run=$!
  wait_for_file "$scratch/reached"
  "$how"
  wait "$run" || code=$?
  cp "$scratch/failed.out" "$scratch/failed-last.out"
  # shellcheck disable=SC2053  # a pattern
  [[ $code == $expected ]] ||
    failed "exit code when the journal fails ($how) at '$point': seen '$code', expected '$expected'"
  contains "$scratch/failed.out" "clients do not wait"
  "$repair"
  # The guard looks after the window too, and holds the split meanwhile.
  guard_ends_within 15
}
