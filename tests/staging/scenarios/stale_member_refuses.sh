#!/usr/bin/env bash
# The source's replica is down from just before the release; after the split the source's leader dies, and Patroni
# promotes that replica, which says that the source owns. Patroni's witness has it refuse writes with nobody acting.
# status and check say that both own, repair-owner makes the target the only owner, and a rollback to a member that
# lacks the target's rows is refused.
source "$(dirname "$0")/../scenario.sh"
source "$(dirname "$0")/../failover.sh"
lab_up 1
held_at "before effect release ownership" run "$runbook" --set pause_budget=60s --set durable=leader
crash main-2
go_on
held_ends 0
say "the stale member is promoted, and refuses writes by itself"
fails_over_to main-2 main-1
is "owner on the stale leader" "$(owner_on main-2)" 1
refuses_writes main-2 'takes no writes on cluster "main": the witness of split "ci" says target, epoch'
say "it is said, with the next command"
is "who owns, says status" "$(status .owners.serves)" both
is "what to type" "$(status .owners.next)" "pgcleave repair-owner -e $environment"
tool 3 check -e "$environment"
contains "$scratch/tool.json" "fence.both_own"
contains "$scratch/tool.json" "pgcleave repair-owner -e $environment"
tool 3 rollback -e "$environment"
contains "$scratch/tool.out" "is owned by both sides"
contains "$scratch/tool.out" "pgcleave repair-owner"
say "repaired: the target is the only owner"
tool 0 repair-owner -e "$environment"
contains "$scratch/tool.out" "the target is right"
is "owner on the stale leader" "$(owner_on main-2)" 0
is "who owns, says status" "$(status '.owners | .serves + " " + (.problems | length | tostring)')" "target 0"
is "the target goes on" "$(on ci-1 "insert into ci.projects (name) values ('after') returning 1")" 1
tool 0 repair-owner -e "$environment"
contains "$scratch/tool.out" "its ownership needs no repair"
say "a rollback would lose rows that this member never got, and says so"
TOOL_TIMEOUT=30 tool 3 rollback -e "$environment"
contains "$scratch/tool.out" "never had the release"
is "owner on the target" "$(owner_on ci-1)" 2
say "ok"
