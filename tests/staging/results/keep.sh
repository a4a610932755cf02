#!/usr/bin/env bash
# Keeps figures beside this script and writes tests/staging/RESULTS.md anew from all that are kept.
# The commit is the one that the file names, or that of now.
# Usage: keep.sh HARNESS FILE, HARNESS faults|simulation|mutants|mutants-random|coverage|outage|secrets|worlds, where
# FILE holds what that harness
# measured.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
PATH=$PATH:/usr/lib/postgresql/15/bin
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
  faults | simulation | mutants | mutants-random | coverage | outage | secrets | worlds) ;;
  *) echo "keep.sh: no harness is called $name" >&2; exit 2 ;;
esac
jq --arg commit "$(git -C "$root" rev-parse --short HEAD 2>/dev/null || true)" --arg day "$(date -u +%F)" \
  --arg machine "$(machine)" --argjson versions "$(versions)" \
  '{of: {commit: ((if type == "object" then .commit else null end) // $commit), day: $day, machine: $machine,
         versions: $versions},
    figures: .}' "$2" >"$here/$name.json.new"
mv "$here/$name.json.new" "$here/$name.json"

kept() { [ -e "$here/$1.json" ] && cat "$here/$1.json" || echo null; }
jq -nr -f "$here/page.jq" --argjson faults "$(kept faults)" --argjson simulation "$(kept simulation)" \
  --argjson mutants "$(kept mutants)" --argjson mutants_random "$(kept mutants-random)" \
  --argjson coverage "$(kept coverage)" --argjson outage "$(kept outage)" --argjson secrets "$(kept secrets)" \
  --argjson worlds "$(kept worlds)" >"$root/tests/staging/RESULTS.md"
