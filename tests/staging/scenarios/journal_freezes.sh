#!/usr/bin/env bash
# The file system under the journal freezes while clients wait: nobody waits for it. Before ownership is taken the
# window is undone within its budget, after it the window is finished, also by a guard whose runner was killed and sits
# in a write that the kernel does not end. When it thaws, the journal is told. By fsfreeze where the machine mounts an
# image, else by a preloaded disk that does not answer.
source "$(dirname "$0")/../scenario.sh"
source "$root/tests/staging/journal_words.sh"
with_own_mounts
frozen=$scratch/frozen
mkdir -m 711 "$frozen"
how="a preloaded disk that hangs"
tool_words=(env "PGCLEAVE_BAD_DISK=$scratch/bad-disk" "LD_PRELOAD=$build/libpgcleave-bad-disk.so")
freeze() { echo hang >"$scratch/bad-disk"; }
thaw() { rm -f "$scratch/bad-disk"; }
ends() { thaw; }
truncate -s 64M "$scratch/image"
if mkfs.ext4 -q "$scratch/image" && mount -o loop "$scratch/image" "$frozen" 2>/dev/null; then
  if fsfreeze -f "$frozen" 2>/dev/null && fsfreeze -u "$frozen"; then
    how="fsfreeze" tool_words=(env)
    freeze() { fsfreeze -f "$frozen"; }
    thaw() { fsfreeze -u "$frozen" 2>/dev/null || true; }
  fi
  ends() { thaw; umount "$frozen" 2>/dev/null || umount -l "$frozen" 2>/dev/null || true; }
fi
trap 'ends; clean_up' EXIT
say "the journal freezes by: $how"
lab_up 2
journal=$frozen/journal.db
now_ms() { date +%s%3N; }

# begins_frozen POINT WORDS...: the tool comes to the point, and its journal freezes there
begins_frozen() {
  local point=$1
  shift
  rm -f "$scratch/reached" "$scratch/frozen.out"
  PGCLEAVE_FAULT="hold|$point" PGCLEAVE_FAULT_REACHED="$scratch/reached" "${tool_words[@]}" "$build/pgcleave-faulty" \
    "$@" --journal "$journal" \
    -e "$environment" --approve go >"$scratch/frozen.out" 2>&1 &
  run=$!
  wait_for_file "$scratch/reached"
  freeze
  rm -f "$scratch/reached"
}
# flows_within MS: a write through each bouncer is acknowledged, while the journal is still frozen
flows_within() {
  local began port
  began=$(now_ms)
  for port in $(printf '%s\n' "$BOUNCERS" | grep -o 'port=[0-9]*'); do
    until timeout 5 psql "host=127.0.0.1 $port user=app dbname=$DB" -qtAc "select 1" >/dev/null 2>&1; do
      [ $(($(now_ms) - began)) -lt "$1" ] || failed "clients still wait at $port"
    done
  done
}
says_within() {  # says_within SECONDS WORDS: in the tool's output
  for _ in $(seq $(($1 * 20))); do grep -qF -- "$2" "$scratch/frozen.out" && return; sleep 0.05; done
  failed "the tool does not say: $2"
}
# longest_wait: of a client since the load began
longest_wait() {
  "$lab" verify --dir "$dir" --history "${histories[-1]}" --serving "$1" --json 2>/dev/null | jq .client_wait_max_ms
}

# frozen_at POINT EXIT OWNER_ON_SOURCE SERVES WORDS...: it says how it ended while its journal is frozen, and the
# journal says the same later
frozen_at() {
  local point=$1 expected=$2 owner=$3 serves=$4 code=0
  shift 4
  load_begin --writers 4 --rate 20
  begins_frozen "$point" "$@"
  flows_within 4000
  says_within 20 "now: "
  is "owner on the source, journal frozen" "$(owner_on_source)" "$owner"
  says_within 20 "its file system does not answer"
  thaw
  wait "$run" || code=$?
  is "exit code when the journal froze at '$point'" "$code" "$expected"
  contains "$scratch/frozen.out" "the journal has been told"
  contains "$scratch/frozen.out" "clients do not wait"
  guard_ends_within 15
  load_end
  say "frozen at '$point': a client waited at most $(longest_wait "$serves") ms"
  tool 0 log -e "$environment" --journal "$journal"
}

say "before the release: the window is undone"
frozen_at "before effect release ownership" 4 1 source run "$runbook"
say "after the release, before ownership is announced as taken"
# What is slow of its undo, such as reattaching a promoted cluster, needs a journal again: the next resume does it.
frozen_at "before record step.intent take" 5 1 source resume
say "after ownership was taken: the window is finished"
frozen_at "after effect give ownership" 8 0 target resume
tool 0 resume -e "$environment" --journal "$journal"
is "state" "$(known .state)" "done"
tool 0 rollback -e "$environment" --journal "$journal"
is "owner on the source" "$(owner_on_source)" 1

# killed_at POINT OWNER_ON_SOURCE OUTCOME SERVES WORDS...: the tool is killed there, and its guard has no journal either
killed_at() {
  local point=$1 owner=$2 outcome=$3 serves=$4
  shift 4
  load_begin --writers 4 --rate 20
  begins_frozen "$point" "$@"
  sleep 0.05  # into its next write
  kill -KILL "$run"
  flows_within 8000
  says_within 20 "the journal can't be read now"
  is "owner on the source, journal frozen" "$(owner_on_source)" "$owner"
  thaw
  wait "$run" 2>/dev/null || true
  # Without records it can't tell whether a promotion was sent: it waits for 25 s until none can come, long after
  # clients went on.
  guard_ends_within 60
  load_end
  say "killed at '$point' with its journal frozen: a client waited at most $(longest_wait "$serves") ms"
  is "outcome of the window" "$(known .windows.window.outcome)" "$outcome"
  tool 0 log -e "$environment" --journal "$journal"
}
say "killed after the release: its guard undoes the window without a journal"
killed_at "after effect release ownership" 1 undone source run "$runbook"
say "killed after ownership was taken: its guard finishes the window without a journal"
killed_at "after effect give ownership" 0 "done" target resume
tool 0 resume -e "$environment" --journal "$journal"
is "state" "$(known .state)" "done"
tool 0 rollback -e "$environment" --journal "$journal"

load_begin --writers 4 --rate 20
load_end
verify_clean source
ends
say "ok"
