#!/usr/bin/env bash
# Do random worlds find what was wrong once? Each patch in put_back/ puts one old fault back into a copy of the tree.
# Worlds run with the program of that copy until one fails; the same world must then pass with the program as it is,
# else the harness is at fault.
#
#   put_back.sh BUILD_FOLDER NAME|all [--minutes M] [--seed N] [--first N] [--jobs N] [--json FILE]
#
# Prints the minutes until each was found. Exit code 1: one was not found within its minutes (30), or its world fails
# without it too; 2: one can't be tried. PUT_BACK_FOLDER is where the copy goes (default: build-put-back).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
usage() {
  echo "usage: $0 BUILD_FOLDER NAME|all [--minutes M] [--seed N] [--first N] [--jobs N] [--json FILE]; names:" >&2
  for patch in "$here"/put_back/*.patch; do
    echo "  $(basename "$patch" .patch): $(sed -n 's/^Breaks: //p' "$patch")" >&2
  done
  exit 2
}
[ $# -ge 2 ] || usage
build=$(cd "$1" && pwd)
wanted=$2
shift 2
minutes=30 seed=1 first=1 jobs=2 json=""
while [ $# -gt 0 ]; do
  [ $# -ge 2 ] || usage
  case "$1" in
    --minutes) minutes=$2 ;;
    --seed) seed=$2 ;;
    --first) first=$2 ;;
    --jobs) jobs=$2 ;;
    --json) json=$2 ;;
    *) usage ;;
  esac
  shift 2
done
patches=("$here/put_back/$wanted.patch")
[ "$wanted" != all ] || patches=("$here"/put_back/*.patch)
[ -e "${patches[0]}" ] || usage

folder=${PUT_BACK_FOLDER:-$root/build-put-back}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
if [ -n "$(ls -A "$folder")" ] && [ ! -e "$folder/.put-back" ]; then echo "$folder holds something else" >&2; exit 2; fi
touch "$folder/.put-back"
find "$folder" -mindepth 1 -maxdepth 1 ! -name build ! -name .put-back -exec rm -rf {} +
(cd "$root" && git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
  [ ! -e "$file" ] || printf '%s\0' "$file"
done | tar --null -cf - -T -) | tar -C "$folder" -xf -
(cd "$folder" && xargs -r touch -c <.put-back)  # what a patch had changed when it was built last
cd "$folder"
export CCACHE_BASEDIR=$folder CCACHE_NOHASHDIR=1
cmake --preset release >/dev/null
mkdir -p build
log=$folder/build/put-back.log

bad=0 untried=0 rows=()
row() { # NAME VERDICT MINUTES WORLD KIND
  printf '%-28s %-10s %6s min  %s\n' "$1" "$2" "$3" "${4:+world $4: }$5"
  rows+=("$(jq -nc --arg fault "$1" --arg verdict "$2" --arg minutes "$3" --arg world "$4" \
    --arg kind "$5" '$ARGS.named')")
}
try() {
  local name=$1 code=0 figures=$folder/build/figures.json
  rm -f "$figures"
  "$build/pgcleave-worlds" --pgcleave "$folder/build/pgcleave" --runbooks "$folder/runbooks" --seed "$seed" \
    --first "$first" --jobs "$jobs" --minutes "$minutes" --until-found \
    --json "$figures" >"$folder/build/put-back-$name.log" 2>&1 || code=$?
  if [ ! -e "$figures" ]; then
    row "$name" "not tried" "" "" "pgcleave-worlds ended with exit code $code: $folder/build/put-back-$name.log"
    untried=$((untried + 1))
    return
  fi
  local world kind after
  world=$(jq -r '.failing_worlds[0].world // ""' "$figures")
  if [ -z "$world" ]; then
    bad=$((bad + 1))
    row "$name" "not found" "$minutes" "" "$(jq -r .worlds "$figures") worlds"
    return
  fi
  kind=$(jq -r '.violations | keys | join(", ")' "$figures")
  after=$(jq -r '.found_after_minutes * 10 | round / 10' "$figures")
  if "$build/pgcleave-worlds" --seed "$seed" --world "$world" >>"$folder/build/put-back-$name.log" 2>&1; then
    row "$name" found "$after" "$world" "$kind"
  else
    bad=$((bad + 1))
    row "$name" "FALSE" "$after" "$world" \
      "$kind, but the world fails without the fault too: $folder/build/put-back-$name.log"
  fi
}
for patch in "${patches[@]}"; do
  name=$(basename "$patch" .patch)
  if ! patch -p1 -F0 --dry-run <"$patch" >"$log" 2>&1; then
    row "$name" "not tried" "" "" "does not apply any more"
    untried=$((untried + 1))
    continue
  fi
  sed -n 's|^+++ b/||p' "$patch" >>.put-back
  patch -p1 -F0 -s --no-backup-if-mismatch <"$patch"
  if ninja -C build pgcleave >"$log" 2>&1; then
    try "$name"
  else
    row "$name" "not tried" "" "" "does not build: $log"
    untried=$((untried + 1))
  fi
  patch -R -p1 -F0 -s --no-backup-if-mismatch <"$patch"
  sed -n 's|^+++ b/||p' "$patch" | xargs touch
done
[ -z "$json" ] || printf '%s\n' "${rows[@]}" | jq -s . >"$json"
[ "$untried" = 0 ] || exit 2
[ "$bad" = 0 ]
