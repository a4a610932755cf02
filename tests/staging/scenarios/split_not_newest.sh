#!/usr/bin/env bash
# The split is done; then a second run is refused, tables are fenced, a cleanup waits at its gate. Without a run's id,
# status, log, report and rollback mean the run that split it all the same.
source "$(dirname "$0")/../scenario.sh"
lab_up 1
fence=$root/runbooks/fence.yml
load_begin --writers 4 --reconnect 1 --rate 20
tool 0 run "$root/runbooks/logical-switchover.yml" -e "$environment" --approve go
split_run=$(status .run)

# still_the_split: what status says of it
still_the_split() {
  "$build/pgcleave" status -e "$environment" >"$scratch/status.out"
  grep -qE "^split ci on .*: target ci serves, since 20[0-9-]+ [0-9:]+ UTC, by run $split_run$" "$scratch/status.out" ||
    failed "status does not say who serves"
  contains "$scratch/status.out" "a rollback now would lose nothing"
  is "the run that status shows" "$(status .run)" "$split_run"
  is "by which run" "$(status '.splits[0].by')" "$split_run"
  is "the run that log prints" \
    "$("$build/pgcleave" log -e "$environment" --json | jq -rs 'map(.run) | unique | join(" ")')" "$split_run"
  "$build/pgcleave" report run -e "$environment" >"$scratch/report.out"
  contains "$scratch/report.out" "$split_run"
}
still_the_split

say "a second run is refused, and does not take the split's place"
tool 3 run "$root/runbooks/logical-switchover.yml" -e "$environment" --approve go
contains "$scratch/tool.out" "split ci is done already, by run $split_run (logical-switchover)"
still_the_split
second=$("$build/pgcleave" runs -e "$environment" --json | jq -r '.[0].run')
tool 3 rollback "$second" -e "$environment"
contains "$scratch/tool.out" "pgcleave rollback $split_run"
tool 3 resume "$second" -e "$environment"
contains "$scratch/tool.out" "it can't be resumed"
tool 0 resume -e "$environment"
contains "$scratch/tool.out" "run $split_run (logical-switchover) is over: done"
is "owner on the target" "$(owner_on_target)" 2

say "tables are fenced"
tool 0 run "$fence" -e "$environment"
still_the_split
contains "$scratch/status.out" "(fence): done"

say "a cleanup that waits has to be taken back first, and is named"
tool 6 run "$root/runbooks/cleanup.yml" -e "$environment"
cleanup=$(status .run)
[ "$cleanup" != "$split_run" ] || failed "status does not show the run that waits"
is "split by" "$(status '.splits[0].split_by')" "$split_run"
tool 7 rollback -e "$environment"
contains "$scratch/tool.out" "run $cleanup (cleanup, waiting for approval)"
contains "$scratch/tool.out" "then: pgcleave rollback $split_run"
is "owner on the target" "$(owner_on_target)" 2
tool 0 rollback "$cleanup" -e "$environment"
still_the_split

say "the rollback goes back"
tool 0 rollback -e "$environment"
is "owner on the source" "$(owner_on_source)" 1
contains "$scratch/tool.out" "target ci restarts as a standby"
if grep -E "connection was lost|could not connect" "$scratch/tool.out"; then
  failed "a good rollback tells of connections that it lost on purpose"
fi
is "state" "$(status .state)" "rolled back"
is "who serves" "$(status '.splits[0].serves')" source
tool 0 rollback -e "$environment"
contains "$scratch/tool.out" "run $split_run (logical-switchover) is over: rolled back"
load_end 1
verify_clean source
say "ok"
