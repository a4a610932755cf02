#!/usr/bin/env bash
# SIGKILL of the tool and of its guard at three points, each followed by resume: before the point of no return, just
# after it, and while verifying.
source "$(dirname "$0")/../scenario.sh"
lab_up
load_begin --writers 8 --reconnect 2 --rate 20

say "killed after the release: clients wait until resume undoes the window, which then goes on"
kill_both_at "after effect release ownership" run "$runbook" -e "$environment" --approve go
is "state" "$(status .state)" interrupted
tool 2 status -e "$environment" --check
contains "$scratch/tool.json" "PGCLEAVE CRITICAL: split ci on "
contains "$scratch/tool.json" "clients may wait, since "
contains "$scratch/tool.json" "next: pgcleave resume "
is "owner on the source" "$(owner_on_source)" 0
tool 7 run "$runbook" -e "$environment" --approve go
contains "$scratch/tool.out" "pgcleave resume"
tool 0 resume -e "$environment" --approve go
is "owner on the target" "$(owner_on_target)" 2
load_end 1
verify_clean target
load_begin --writers 8 --reconnect 2 --rate 20
tool 0 rollback -e "$environment"

say "killed between take and resume: resume finishes the window"
kill_both_at "after effect give ownership" run "$runbook" -e "$environment" --approve go
is "owner on the target" "$(owner_on_target)" 2
is "the window is open" "$(status .windows.window.open)" true
tool 0 resume -e "$environment"
load_end 1
verify_clean target
is "state" "$(status .state)" "done"
load_begin --writers 8 --reconnect 2 --rate 20
say "killed in the middle of the rollback's window: rollback again goes back"
kill_both_at "after effect release ownership" rollback -e "$environment"
tool 0 rollback -e "$environment"
is "owner on the source" "$(owner_on_source)" 1

say "killed while verifying: resume goes on there"
kill_both_at "after effect create subscription" run "$runbook" -e "$environment" --approve go
tool 0 resume -e "$environment"
is "state" "$(status .state)" "done"
is "repeating it changes nothing" "$(tool 0 resume -e "$environment"; owner_on_target)" 2
load_end 1
verify_clean target
tool 0 status -e "$environment" --check
contains "$scratch/tool.json" "PGCLEAVE OK: split ci on "
say "ok"
