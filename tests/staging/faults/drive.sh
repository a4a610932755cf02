#!/usr/bin/env bash
# Faults, one after another, on real servers under load: each at its places in both runbooks and both rollbacks, and
# SIGKILL at one in four of all points.
# Usage: drive.sh BUILD [--seed N] [--only PATTERN] [--repeat N] [--minutes M] [--trials N] [--keep] [--json FILE]
#                       [--results]
set -uo pipefail
export LC_ALL=C.UTF-8
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
build=$(cd "$1" && pwd)
shift
lab=$build/pgcleave-lab
# The newest first; not through the wrapper of Debian, which costs a tenth of a second each time.
for folder in $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V); do PATH=$folder:$PATH; done
waldump=$(command -v pg_waldump)
seed=$((RANDOM * 7 + RANDOM)) only="" repeat=1 minutes=80 most=100000 keep="" json="" results=""
while [ $# -gt 0 ]; do
  case $1 in
    --seed) seed=$2; shift ;;
    --only) only=$2; shift ;;
    --repeat) repeat=$2; shift ;;
    --minutes) minutes=$2; shift ;;
    --trials) most=$2; shift ;;
    --json) json=$2; shift ;;
    --keep) keep=yes ;;
    --results) results=yes ;;
    *)
      echo "usage: drive.sh BUILD [--seed N] [--only PATTERN] [--repeat N] [--minutes M] [--trials N] [--keep]" \
        "[--json FILE] [--results]" >&2
      exit 2
      ;;
  esac
  shift
done
RANDOM=$seed
work=$(mktemp -d "${TMPDIR:-/tmp}/pgcleave-faults.XXXXXX")
chmod 711 "$work"
out=$work/tool.out reached=$work/reached points=$work/points-now
commit=$(git -C "$root" rev-parse --short HEAD 2>/dev/null || true)
lab_number=0 stretch=0 trials=0 wal_checked=0 labs_lost=0 crash_points=0 crash_points_planned=0
load_pid="" observe_pid="" dir="" net="" journal_folder=/nonexistent
for file in words judge places plan trial chain results; do
  # shellcheck disable=SC1090
  source "$here/$file.sh"
done
clean_up() {
  [ -z "$load_pid" ] || kill -TERM "$load_pid" "$observe_pid" 2>/dev/null || true
  [ -z "$dir" ] || lab_down ${keep:+--keep}
  net_down
  if [ -n "$keep" ]; then echo "kept: $work" >&9; else rm -rf "$work"; fi
}
exec 9>&2 2>>"$work/driver.err"  # bash tells of each kill by itself
trap clean_up EXIT
trap 'exit 130' INT TERM

main() {
  make_runbooks
  net_up
  lab_up
  stretch_begin
  list_points
  make_plan
  run_plan
  stretch_end
  summary >"$work/figures.json"
  [ -z "$json" ] || cp "$work/figures.json" "$json"
  cp "$work/trials.jsonl" "${json:-$work/figures.json}.trials" 2>/dev/null || true
  [ -z "$results" ] || "$here/../results/keep.sh" faults "$work/figures.json"
  cat "$work/figures.json"
  jq -e '.lost + .duplicated + .on_both_sides + .not_terminal + .promises_broken == 0' "$work/figures.json" >/dev/null
  exit
}
main
