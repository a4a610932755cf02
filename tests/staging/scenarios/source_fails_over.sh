#!/usr/bin/env bash
# The source fails over while clients wait: nothing is taken, clients go on on its new leader, and what that may have
# cost is said in words.
source "$(dirname "$0")/../scenario.sh"
source "$(dirname "$0")/../failover.sh"
lab_up
runbook=$root/runbooks/promote-standby.yml
say "its leader dies, and the tool too: the guard waits for the new leader, gives ownership back there, and says so"
held_at "after effect release ownership" run "$runbook" --set pause_budget=60s
"$lab" kill --dir "$dir" main-1
"$lab" kill --dir "$dir" main-1.postgres
kill -KILL "$held"
wait "$held" || true
wait_for_role main-2 "master|primary" 60
for _ in $(seq 300); do [ "$(on main-2 "select last_value from pgcleave.owner_ci")" = 1 ] && break; sleep 0.1; done
is "owner on the new leader" "$(on main-2 "select last_value from pgcleave.owner_ci")" 1
for _ in $(seq 50); do grep -q "failed over while" "$scratch/held.out" && break; sleep 0.1; done
contains "$scratch/held.out" "source main failed over while clients waited: its leader was main-1"
"$lab" restart --dir "$dir" main-1 >>"$scratch/restart.out" 2>&1
wait_for_role main-1 replica 60
switch_over main-2 main-1  # the standby cluster follows an address, which stands still in this lab
for _ in $(seq 900); do [ "$(status .state)" = "window undone" ] && break; sleep 0.1; done
is "state" "$(status .state)" "window undone"
tool 0 rollback -e "$environment"

say "failed over while the target serves: rolled back, and cloned anew, since Patroni would mistake the source's" \
  "timeline for the target's"
tool 0 run "$runbook" -e "$environment" --approve go
switch_over main-1 main-2
switch_over main-2 main-1
sed '/reclone/d' "$environment" >"$dir/without-reclone.yml"
tool 8 rollback -e "$dir/without-reclone.yml"
contains "$scratch/tool.out" "source main owns the moved tables; clients do not wait"
contains "$scratch/tool.out" "can't be rewound: source main has failed over since the promotion"
contains "$scratch/tool.out" "patronictl switchover ci"
tool 0 resume -e "$environment"
is "the target streams" "$(target_sql "select status from pg_stat_wal_receiver")" streaming

runbook=$root/runbooks/logical-switchover.yml
say "switched over behind the release: ownership is not taken, and is given back on the new leader"
held_at "before effect give ownership" run "$runbook" --set pause_budget=60s
switch_over main-1 main-2
held_ends 4
contains "$scratch/held.out" "source main: failed over in the window, so ownership is not taken"
contains "$scratch/held.out" "its leader was main-1 on timeline"
contains "$scratch/held.out" "that is Patroni's contract"
is "owner on the new leader" "$(on main-2 "select last_value from pgcleave.owner_ci")" 1
is "what status says was missed" "$(status '.misses[0]' | grep -c "source main failed over while clients waited")" 1
say "ok"
