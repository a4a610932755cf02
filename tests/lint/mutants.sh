#!/usr/bin/env bash
# Every mutant's patch applies to the sources of today as tests/mutants/run.sh applies it, and says what it breaks and
# which test finds it.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
faults=0
fault() { echo "$*"; faults=$((faults + 1)); }
for patch in tests/mutants/*.patch; do
  patch -p1 -F0 -s --dry-run <"$patch" >/dev/null 2>&1 ||
    fault "$patch does not apply any more: make it anew (CONTRIBUTING.md)"
  for key in Breaks Target Run; do
    grep -q "^$key: ." "$patch" || fault "$patch has no line '$key: ...'"
  done
  # A test program that knows no such test ends well, as if it had found nothing.
  read -r folder title < <(sed -nE "s|^Run: build/tests/unit/unit_([a-z]+) ['\"](.*)['\"]$|\1 \2|p" "$patch") ||
    continue
  grep -qrF -- "${title%\*}" "tests/unit/$folder" || fault "$patch: unit_$folder has no test '$title'"
done
[ "$faults" = 0 ] || { echo "$faults faults in the mutants" >&2; exit 1; }
echo "$(find tests/mutants -name '*.patch' | wc -l) mutants apply"
