#!/usr/bin/env bash
# No line has more than 120 columns; a URL counts as one. In Markdown this is asked of prose: a table's row can't be
# broken, and code stands there as it is typed.
set -euo pipefail
cd "$(dirname "$0")/../.."
mapfile -t files < <(git ls-files 2>/dev/null || find . -type f -not -path './build*' | sed 's|^\./||')

is_left_out() {
  case $1 in
    *.patch) ;;                                                   # lines of sources, with a sign before each
    tests/fuzz/corpus/* | tests/unit/samples/*) ;;                # inputs, which stay as they were
    tests/staging/RESULTS.md | tests/staging/results/*.json) ;;  # written by tests/staging/results/keep.sh
    docs/schema/*.json) ;;                                        # printed by pgcleave schema
    tests/mutants/random/explained.json) ;;                       # JSON can't break a string
    *) return 1 ;;
  esac
}

too_wide() { LC_ALL=C.UTF-8 grep -nP '^(?>https?://\S+|.){121,}' "$@"; }
prose() { sed -e '/^```/,/^```/s/.*//' -e 's/^\(|\|    \).*//' "$1"; }

documents=() others=()
for file in "${files[@]}"; do
  if [ ! -f "$file" ] || is_left_out "$file"; then continue; fi
  case $file in *.md) documents+=("$file") ;; *) others+=("$file") ;; esac
done
found=$(too_wide --with-filename "${others[@]}") || [ $? = 1 ]
for file in "${documents[@]}"; do
  found+=$(echo; prose "$file" | too_wide --with-filename --label="$file") || [ $? = 1 ]
done
[ -z "$found" ] || {
  sed -nE 's/^([^:]+:[0-9]+):.*/\1: more than 120 columns/p' <<<"$found"
  exit 1
}
echo "${#files[@]} files, no line too wide"
