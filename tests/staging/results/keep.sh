#!/usr/bin/env bash
# Keeps figures beside this script and writes tests/staging/RESULTS.md anew from all that are kept.
# The commit is the one that the file names, or that of now.
# Usage: keep.sh HARNESS FILE, where HARNESS is faults, simulation, mutants, mutants-random, coverage, outage, secrets
# or worlds, and FILE holds what that harness measured; or keep.sh matrix-RELEASE FILE, where FILE holds one run of
# script/matrix, which is put beside that stack's others.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
for folder in $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V); do PATH=$folder:$PATH; done  # the newest first
name=$1
machine() {
  echo "$(nproc) cores, $(awk '/MemTotal/ { printf "%.0f GiB", $2 / 1048576 }' /proc/meminfo)," \
    "$(sed -n 's/^model name\s*: //p' /proc/cpuinfo | head -n 1), Linux $(uname -r | cut -d- -f1)"
}
versions() {
  jq -nc --arg postgresql "$(pg_waldump --version | awk '{ print $NF == ")" ? $3 : $3 }')" \
    --arg patroni "$(patroni --version | awk '{ print $2 }')" \
    --arg pgbouncer "$(pgbouncer --version | awk 'NR == 1 { print $2 }')" \
    --arg etcd "$(etcd --version | awk 'NR == 1 { print $3 }')" '$ARGS.named'
}
case $name in
  faults | simulation | mutants | mutants-random | coverage | outage | secrets | worlds | matrix-*) ;;
  *) echo "keep.sh: no harness is called $name" >&2; exit 2 ;;
esac
commit=$(git -C "$root" rev-parse --short HEAD 2>/dev/null || true)
day=$(date -u +%F)
kept() { [ -e "$here/$1.json" ] && cat "$here/$1.json" || echo null; }
case $name in
  matrix-*)  # by the words of each run; what another version of a product told is left behind
    jq --arg commit "$commit" --arg day "$day" --arg machine "$(machine)" --argjson before "$(kept "$name")" '
      . as $run
      | (if $before.of.versions == .versions then $before.figures else {} end) as $others
      | ($run | del(.versions, .run) + {commit: $commit, day: $day}) as $figures
      | {of: {machine: $machine, versions: .versions}, figures: ($others + {(.run): $figures})}' "$2"
    ;;
  *)
    jq --arg commit "$commit" --arg day "$day" --arg machine "$(machine)" --argjson versions "$(versions)" \
      '{of: {commit: ((if type == "object" then .commit else null end) // $commit), day: $day, machine: $machine,
             versions: $versions},
        figures: .}' "$2"
    ;;
esac >"$here/$name.json.new"
mv "$here/$name.json.new" "$here/$name.json"

stacks() {
  local release
  for release in bookworm trixie forky; do
    kept "matrix-$release" | jq --arg release "$release" '{($release): .}'
  done | jq -s add
}
jq -nr -f "$here/page.jq" --argjson faults "$(kept faults)" --argjson simulation "$(kept simulation)" \
  --argjson mutants "$(kept mutants)" --argjson mutants_random "$(kept mutants-random)" \
  --argjson coverage "$(kept coverage)" --argjson outage "$(kept outage)" --argjson secrets "$(kept secrets)" \
  --argjson worlds "$(kept worlds)" --argjson stacks "$(stacks)" >"$root/tests/staging/RESULTS.md"
