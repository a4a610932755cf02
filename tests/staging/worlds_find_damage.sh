#!/usr/bin/env bash
# Worlds that are damaged by hand: the judge has to find a row that was taken away and a value that was given out again.
# Usage: worlds_find_damage.sh BUILD_FOLDER
set -euo pipefail
build=$1
scratch=$(mktemp -d "${TMPDIR:-/tmp}/pgcleave-damage.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
finds() {  # finds DAMAGE KIND
  local code=0
  "$build/pgcleave-worlds" --seed 1 --worlds 1 --jobs 1 --minutes 5 --shrink-seconds 0 --damage "$1" \
    --json "$scratch/figures.json" >"$scratch/out" 2>&1 || code=$?
  if [ "$code" != 1 ] || ! jq -e --arg kind "$2" '.violations[$kind] == 1' "$scratch/figures.json" >/dev/null; then
    cat "$scratch/out"
    echo "FAILED: '$1' is not found as '$2' (exit code $code)"
    exit 1
  fi
  echo "'$1' is found as '$2'"
}
finds "a row is taken away" lost
finds "a sequence is turned back" "value of a sequence given out twice"
