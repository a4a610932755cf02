#!/usr/bin/env bash
# Can the tests fail? Each patch beside this file breaks the program in one way that must never pass; the test that it
# names has to notice. Works on a copy of the tree with a build folder of its own. First each test has to pass there on
# what is not broken.
#
#   run.sh [--only PATTERN] [--json FILE] [--results] [--list]
#                                   exit code 1 if a mutant survives, 2 if one can't be tried
#
# The head of a patch: `Breaks:` what it does wrong, `Target:` what to build, `Run:` the command that must fail, `Says:`
# what it must print (an extended regular expression; without it FAILED, which Catch2 and the scenarios print). A test
# that does not build or start, or ends otherwise, has caught nothing. MUTANTS_FOLDER is where the copy goes (default:
# build-mutants).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
folder=${MUTANTS_FOLDER:-$root/build-mutants}
only=""
json=""
results=""
list=""
limit=600
while [ $# -gt 0 ]; do
  case "$1" in
    --only) only=$2; shift 2 ;;
    --json) json=$2; shift 2 ;;
    --results) results=1; shift ;;
    --list) list=1; shift ;;
    *) echo "usage: $0 [--only PATTERN] [--json FILE] [--results] [--list]" >&2; exit 2 ;;
  esac
done

field() { sed -n "/^--- /q; s/^$2: //p" "$1"; }
# shellcheck disable=SC2206
patches=("$here"/*$only*.patch)
[ -e "${patches[0]}" ] || { echo "no patch is called *$only*" >&2; exit 2; }
if [ -n "$list" ]; then
  for patch in "${patches[@]}"; do printf '%-42s %s\n' "$(basename "$patch" .patch)" "$(field "$patch" Breaks)"; done
  exit
fi

# Old copies are emptied but for what was built. What was built last from a mutant is newer than the file that comes
# back: .mutants names it.
copy() {
  mkdir -p "$folder"
  if [ -n "$(ls -A "$folder")" ] && [ ! -e "$folder/.mutants" ]; then
    echo "$folder holds something else" >&2
    exit 2
  fi
  touch "$folder/.mutants"  # files that mutants have changed since all was built
  find "$folder" -mindepth 1 -maxdepth 1 ! -name build ! -name .mutants -exec rm -rf {} +
  (cd "$root" && git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
    [ ! -e "$file" ] || printf '%s\0' "$file"
  done | tar --null -cf - -T -) | tar -C "$folder" -xf -
  (cd "$folder" && xargs -r touch -c <.mutants)
}
changed() { sed -n 's|^+++ b/||p' "$1"; }
build() { ninja -C build "$@" >"$log" 2>&1; }
# try COMMAND: its exit code; a test that hangs has failed too
try() {
  local code=0
  timeout -k 10 "$limit" bash -c "$1" </dev/null >"$log" 2>&1 || code=$?
  return "$code"
}
told() { grep -aqE -- "$1" "$log"; }
invalid() {
  echo "INVALID $1: $2" >&2
  tail -n 25 "$log" | cut -c 1-300 >&2
  broken=$((broken + 1))
}
row() { # NAME VERDICT SECONDS BREAKS RUN
  printf '%-40s %-9s %5s s  %s\n' "$1" "$2" "$3" "$5" | tee -a "$table"
  jq -nc --arg mutant "$1" --arg verdict "$2" --argjson seconds "$3" --arg breaks "$4" --arg by "$5" '$ARGS.named' \
    >>"$rows"
}

copy
cd "$folder"
log=$folder/build/mutants.log
table=$folder/build/mutants.txt
rows=$folder/build/mutants.jsonl
broken=0
survived=0
cmake --preset release >/dev/null
: >"$table"
: >"$rows"
# The same source in another folder is known to ccache.
export CCACHE_BASEDIR=$folder CCACHE_NOHASHDIR=1
targets=$(for patch in "${patches[@]}"; do field "$patch" Target; done | tr ' ' '\n' | sort -u)
echo "--- building what is not broken" >&2
# shellcheck disable=SC2086
build $targets || { invalid "the tree as it is" "does not build"; exit 2; }
[ -n "$only" ] || : >.mutants  # some targets alone: the others may still be what a mutant left
echo "--- each test passes without a mutant" >&2
while IFS= read -r command; do
  code=0
  try "$command" || code=$?
  if [ "$code" != 0 ] || told "No test cases matched|No tests ran"; then
    invalid "$command" "does not pass without a mutant, exit code $code"
    exit 2
  fi
done < <(for patch in "${patches[@]}"; do field "$patch" Run; done | sort -u)

for patch in "${patches[@]}"; do
  name=$(basename "$patch" .patch)
  command=$(field "$patch" Run)
  says=$(field "$patch" Says)
  if ! patch -p1 -F0 --dry-run <"$patch" >"$log" 2>&1; then
    invalid "$name" "does not apply any more"
    continue
  fi
  changed "$patch" >>.mutants
  patch -p1 -F0 -s --no-backup-if-mismatch <"$patch"
  began=$(date +%s)
  # shellcheck disable=SC2046
  if ! build $(field "$patch" Target); then
    invalid "$name" "does not build"
  else
    code=0
    try "$command" || code=$?
    if [ "$code" = 0 ]; then
      survived=$((survived + 1))
      row "$name" SURVIVED "$(($(date +%s) - began))" "$(field "$patch" Breaks)" "$command"
    elif [ "$code" = 124 ] || [ "$code" = 137 ] || told "${says:-FAILED}"; then
      row "$name" caught "$(($(date +%s) - began))" "$(field "$patch" Breaks)" "$command"
    else
      invalid "$name" "the test ended with exit code $code, and did not say ${says:-FAILED}"
    fi
  fi
  patch -R -p1 -F0 -s --no-backup-if-mismatch <"$patch"
  changed "$patch" | xargs touch
done

caught=$(grep -c '"verdict":"caught"' "$rows" || true)
echo "${#patches[@]} mutants, $caught caught, $survived survived, $broken could not be tried"
if [ -n "$json$results" ]; then
  jq -s --argjson mutants "${#patches[@]}" --argjson invalid "$broken" \
    '{mutants: $mutants, caught: (map(select(.verdict == "caught")) | length),
      survived: [.[] | select(.verdict != "caught") | .mutant],
      invalid: $invalid, rows: .}' "$rows" >"$folder/build/mutants.json"
  [ -z "$json" ] || cp "$folder/build/mutants.json" "$json"
  [ -z "$results" ] || "$root/tests/staging/results/keep.sh" mutants "$folder/build/mutants.json"
fi
[ "$broken" = 0 ] || exit 2
[ "$survived" = 0 ]
