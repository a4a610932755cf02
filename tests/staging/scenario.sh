# What every scenario uses. A scenario sources this file, calls `lab_up`, and states what it expects; the first
# expectation that does not hold ends it with the reason.
# Usage: scenarios/NAME.sh BUILD_FOLDER
set -euo pipefail
build=$1
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
lab=$build/pgcleave-lab
runbook=$root/runbooks/promote-standby.yml
scratch=$(mktemp -d "${TMPDIR:-/tmp}/pgcleave-scenario.XXXXXX")
chmod 711 "$scratch"  # the servers run as another user
dir=$scratch/lab
own_role=pgcleave  # as whom pgcleave logs in to the lab's servers
[ "${LAB_ROLE:-}" != least ] || own_role=pgcleave_least
load_pid=""
load_number=0
histories=()
export PGCONNECT_TIMEOUT=5

say() { echo "--- $*"; }
failed() {
  echo "FAILED: $*"
  for file in "$scratch"/*.out; do [ -e "$file" ] && { echo "== $file"; tail -n 40 "$file"; }; done
  [ -z "${KEEP:-}" ] || { echo "kept: $scratch"; trap - EXIT; }
  exit 1
}
# What this machine does not allow is no failure, and is counted: ctest tells of it as "Skipped".
skip() { echo "SKIPPED: $*"; exit 77; }
# with_own_mounts: goes on in a mount namespace of its own. Containers and chroots refuse one, also to root.
with_own_mounts() {
  [ -z "${OWN_MOUNTS:-}" ] || return 0
  [ "$(id -u)" = 0 ] || skip "a mount namespace needs root"
  local why
  why=$(unshare -m --propagation=private mount -t tmpfs tmpfs "$scratch" 2>&1) ||
    skip "this machine gives no mount namespace: $why"
  clean_up
  trap - EXIT
  exec env OWN_MOUNTS=1 unshare -m --propagation=private "$0" "$build"
}
clean_up() {
  jobs -p | xargs -r kill 2>/dev/null || true
  jobs -p | xargs -r kill -s CONT 2>/dev/null || true  # one that is stopped would keep ctest waiting
  "$lab" down --dir "$dir" >/dev/null 2>&1 || true
  rm -rf "$scratch"
}
trap clean_up EXIT

# lab_up [BOUNCERS [OPTIONS of pgcleave-lab up...]]
# LAB_ROLE=least: pgcleave is no superuser there, and has what `pgcleave grants` prints. What a scenario asks the
# servers itself, it asks as superuser.
lab_up() {
  say "the lab comes up"
  local role=()
  [ "${LAB_ROLE:-}" != least ] || role=(--least-role)
  "$lab" up --dir "$dir" --bouncers "${1:-3}" "${role[@]}" "${@:2}" >/dev/null 2>"$scratch/up.out" ||
    failed "the lab does not come up"
  eval "$("$lab" env --dir "$dir")"
  environment=$dir/environment.yml
  [ "${#role[@]}" = 0 ] || grant_least
}
grant_least() {
  "$build/pgcleave" grants -e "$environment" --side source >"$scratch/grants.sql" || failed "the rights can't be told"
  psql "$SOURCE" -v ON_ERROR_STOP=1 -q -f "$scratch/grants.sql" >"$scratch/grants.out" 2>&1 ||
    failed "what pgcleave grants prints can't be run"
}

source_sql() { psql "$SOURCE" -v ON_ERROR_STOP=1 -qtAc "$1"; }
# On the source, by the role that owns the application's tables. What it makes, pgcleave's least role may use.
as_app() { source_sql "set role app; $1"; }
target_sql() { psql "$TARGET" -v ON_ERROR_STOP=1 -qtAc "$1"; }

# shellcheck disable=SC2120  # scenarios give arguments
load_begin() {
  load_number=$((load_number + 1))
  histories+=("$scratch/history-$load_number.jsonl")
  "$lab" load --dir "$dir" --seconds 600 --history "${histories[-1]}" "$@" >"$scratch/load-$load_number.out" 2>&1 &
  load_pid=$!
  sleep 2
}
# shellcheck disable=SC2120
load_end() {
  sleep "${1:-1}"
  kill -TERM "$load_pid"
  wait "$load_pid" || true
  load_pid=""
}

# tool EXPECTED_EXIT WORDS...: runs pgcleave, output in $scratch/tool.out (stderr) and $scratch/tool.json (stdout)
tool() {
  local expected=$1 code=0
  shift
  timeout "${TOOL_TIMEOUT:-240}" "${PGCLEAVE:-$build/pgcleave}" "$@" >"$scratch/tool.json" 2>"$scratch/tool.out" ||
    code=$?
  cat "$scratch/tool.out" "$scratch/tool.json" >>"$scratch/everything"
  [ "$code" = "$expected" ] || failed "pgcleave $*: exit code $code, expected $expected"
}
# kill_at POINT WORDS...: runs the faulty tool, which must die there by SIGKILL. Its guard lives on, unless it is
# `kill_both_at`
kill_at() { kill_by kill "$@"; }
kill_both_at() { kill_by "kill both" "$@"; }
kill_by() {
  local code=0 how=$1
  shift
  PGCLEAVE_FAULT="$how|$1" "$build/pgcleave-faulty" "${@:2}" >"$scratch/killed.out" 2>&1 || code=$?
  is "the tool killed at '$1'" "$code" 137
}
# there_and_back RUNBOOK [COMMAND...]: by a shipped one, under load; the command is run while the target serves
there_and_back() {
  say "$1, there and back under load"
  load_begin
  tool 0 run "$root/runbooks/$1.yml" -e "$environment" --approve go
  is "owner on the target" "$(owner_on_target)" 2
  "${@:2}"
  tool 0 rollback -e "$environment"
  load_end
  verify_clean source
}
status() { "$build/pgcleave" status -e "$environment" --json | jq -r "$1"; }

# verify_clean SERVING: nothing lost, duplicated or on both sides, over all loads so far; no client error unless
# "errors" follows
verify_clean() {
  "$lab" verify --dir "$dir" --history "${histories[@]}" --serving "$1" --json >"$scratch/verdict.out" ||
    failed "verify finds damage"
  local field
  for field in lost duplicated on_both_sides; do
    [ "$(jq ".$field" "$scratch/verdict.out")" = 0 ] || failed "verify: $field is not 0"
  done
  [ "$(jq .acknowledged "$scratch/verdict.out")" -gt 100 ] || failed "verify: hardly any write was acknowledged"
  if [ "${2:-}" != errors ]; then
    [ "$(jq .client_errors "$scratch/verdict.out")" = 0 ] ||
      failed "verify: clients saw errors: $(jq -c .error_messages "$scratch/verdict.out")"
  fi
  local shown='{acknowledged, lost, duplicated, on_both_sides, client_errors, client_wait_max_ms, client_gap_ms}'
  say "verify: $(jq -c "$shown" "$scratch/verdict.out")"
}

is() { [ "$2" = "$3" ] || failed "$1: seen '$2', expected '$3'"; }
contains() { grep -qF -- "$2" "$1" || failed "$1 does not say: $2"; }
owner_on_source() { source_sql "select last_value from pgcleave.owner_ci"; }
owner_on_target() { target_sql "select last_value from pgcleave.owner_ci"; }
guards() { pgrep -cf "^(pgcleave|/proc/[0-9]+/exe) guard .*$scratch" || true; }
guard_ends_within() {  # guard_ends_within SECONDS: it has done its work and is gone
  for _ in $(seq $(($1 * 10))); do [ "$(guards)" = 0 ] && return; sleep 0.1; done
  failed "a guard still runs"
}
# Of the target, which replays no more while it is stopped.
replaying_process() { target_sql "select pid from pg_stat_activity where backend_type = 'startup'"; }
rest_port() { jq -r --arg name "$1" '.members[] | select(.name == $name) | .rest_port' "$dir/lab.json"; }
# port NAME: of a member's server, or of a bouncer
port() {
  jq -r --arg name "$1" '(.members[], .bouncers[]) | select(.name == $name) | .postgres_port // .port' "$dir/lab.json"
}
# on MEMBER SQL
on() { psql "host=127.0.0.1 port=$(port "$1") user=pgcleave dbname=app" -v ON_ERROR_STOP=1 -qtAc "$2"; }
# Two minutes: before it comes to its point, a tool may have to bring a cluster's members along.
wait_for_file() {
  for _ in $(seq 2400); do [ -e "$1" ] && return; sleep 0.05; done
  failed "$1 never came"
}
# held_at POINT WORDS...: the tool in the background, standing at the point until go_on; output in $scratch/held.out
held_at() {
  rm -f "$scratch/reached"
  PGCLEAVE_FAULT="hold|$1" PGCLEAVE_FAULT_REACHED="$scratch/reached" "$build/pgcleave-faulty" "${@:2}" \
    -e "$environment" --approve go >"$scratch/held.out" 2>&1 &
  held=$!
  wait_for_file "$scratch/reached"
}
go_on() { rm -f "$scratch/reached"; }
held_ends() {  # held_ends EXIT
  local code=0
  go_on
  wait "$held" || code=$?
  is "exit code of the tool that was held" "$code" "$1"
}
