#!/usr/bin/env bash
# The target fails over right after it took ownership, to a member that lacks it: nobody owns. repair-owner proves by a
# row that nothing is missing there, and makes it the owner again.
source "$(dirname "$0")/../scenario.sh"
source "$(dirname "$0")/../failover.sh"
runbook=$root/runbooks/logical-switchover.yml
lab_up 1
held_at "before effect give ownership" run "$runbook" --set pause_budget=60s --set durable=leader
for _ in $(seq 100); do
  [ "$(on ci-2 "select count(*) from pgcleave.canary_source_ci")" -gt 0 ] && break
  sleep 0.1
done
sleep 1
crash ci-2
go_on
held_ends 0
fails_over_to ci-2 ci-1
is "owner on the target's new leader" "$(owner_on ci-2)" 0
is "who owns, says status" "$(status .owners.serves)" nobody
tool 3 check -e "$environment"
contains "$scratch/tool.json" "fence.nobody_owns"
tool 3 rollback -e "$environment"
contains "$scratch/tool.out" "is not owned by the target any more"
say "repaired: its own rows prove that nothing is missing"
tool 0 repair-owner -e "$environment"
contains "$scratch/tool.out" "the target is right: Patroni of source main says target"
write_on ci-2
is "owner on the source" "$(owner_on main-1)" 0
is "who owns, says status" "$(status '.owners | .serves + " " + (.problems | length | tostring)')" "target 0"
say "ok"
