#!/usr/bin/env bash
# Every mutant's patch applies to the sources of today, and says what it breaks and which test finds it.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
faults=0
fault() { echo "$*"; faults=$((faults + 1)); }
for patch in tests/mutants/*.patch; do
  git apply --check "$patch" 2>/dev/null || fault "$patch does not apply any more: make it anew (CONTRIBUTING.md)"
  for key in Breaks Target Run; do
    grep -q "^$key: ." "$patch" || fault "$patch has no line '$key: ...'"
  done
done
[ "$faults" = 0 ] || { echo "$faults faults in the mutants" >&2; exit 1; }
echo "$(find tests/mutants -name '*.patch' | wc -l) mutants apply"
