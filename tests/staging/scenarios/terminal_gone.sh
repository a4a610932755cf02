#!/usr/bin/env bash
# Nobody listens any more: the terminal is closed, the reader of the output has gone, or standard files were never open.
# Before the window and in it that is a request to stop or nothing at all; no client waits for it, and no word goes
# where it does not belong.
source "$(dirname "$0")/../scenario.sh"
lab_up 2
load_begin --writers 4 --rate 20

say "what only tells may be cut off by its reader"
for verb in "plan $runbook" "check $runbook" "steps" "schema"; do
  read -ra words <<<"$verb"
  [ "${words[0]}" = steps ] || [ "${words[0]}" = schema ] || words+=(-e "$environment")
  code=0
  (set -o pipefail; "$build/pgcleave" "${words[@]}" 2>"$scratch/cut.out" | head -n 1 >/dev/null) || code=$?
  [ "$code" -lt 128 ] || failed "$verb: ended by a signal when its reader had gone ($code)"
done

# in_terminal POINT WORDS...: the tool in a terminal of its own, which is closed when the tool is at that point
in_terminal() {
  rm -f "$scratch/reached" "$scratch/over"
  PGCLEAVE_FAULT="sleep 700|$1" PGCLEAVE_FAULT_REACHED="$scratch/reached" TERM=dumb \
    setsid script -qfc "$build/pgcleave-faulty ${*:2}; echo \$? >$scratch/over" /dev/null \
      >"$scratch/terminal.out" 2>&1 </dev/null &
  local terminal=$!
  wait_for_file "$scratch/reached"
  local tool
  tool=$(pgrep -f "^$build/pgcleave-faulty.*$scratch" | head -n 1)
  kill -KILL "$terminal"
  for _ in $(seq 300); do kill -0 "$tool" 2>/dev/null || return 0; sleep 0.1; done
  failed "the tool did not end after its terminal was closed at '$1'"
}

say "a terminal that is closed before the window"
in_terminal "after effect create publication" run "$runbook" -e "$environment" --approve go
is "state" "$(status .state)" stopped
is "owner on the source" "$(owner_on_source)" 1

say "a terminal that is closed in the window"
in_terminal "after effect release ownership" resume -e "$environment" --approve go
is "state" "$(status .state)" "window undone"
is "owner on the source" "$(owner_on_source)" 1

say "a terminal that is closed past the point of no return"
in_terminal "after effect give ownership" resume -e "$environment" --approve go
is "owner on the target" "$(owner_on_target)" 2
is "the window" "$(status .windows.window.outcome)" "done"
tool 0 resume -e "$environment"

say "a reader of standard error that has gone, in the window, while all goes well"
code=0
mkfifo "$scratch/pipe"
head -n 1 "$scratch/pipe" >/dev/null &
"$build/pgcleave" rollback -e "$environment" --json >"$scratch/tool.json" 2>"$scratch/pipe" || code=$?
is "exit code of a rollback that nobody listened to" "$code" 0
is "owner on the source" "$(owner_on_source)" 1

say "closed standard files"
code=0
"$build/pgcleave" run "$runbook" -e "$environment" --approve go --json <&- >&- 2>&- || code=$?
is "exit code of a run without standard files" "$code" 0
is "owner on the target" "$(owner_on_target)" 2
tool 0 log -e "$environment"
tool 0 rollback -e "$environment"
load_end
verify_clean source
say "ok"
