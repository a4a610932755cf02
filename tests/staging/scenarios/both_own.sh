#!/usr/bin/env bash
# As stale_member_refuses, but Patroni of the source could not be told: a miss, which status and check show. The stale
# member takes writes until repair-owner sets it to nobody and names the rows that were written there.
source "$(dirname "$0")/../scenario.sh"
source "$(dirname "$0")/../failover.sh"
lab_up 1 --proxies
held_at "before effect release ownership" run "$runbook" --set pause_budget=60s --set durable=leader
crash main-2
"$lab" fault --dir "$dir" --link main-1.rest --do answer-503 >>"$scratch/fault.out"
go_on
for _ in $(seq 600); do grep -q "witness_source:" "$scratch/held.out" && break; sleep 0.1; done
"$lab" fault --dir "$dir" --link main-1.rest --do heal >>"$scratch/fault.out"
held_ends 9
say "what Patroni was not told is said until it is made good"
contains <(status '.owners.problems[0]') "Patroni of source main was not told that target, epoch"
tool 0 check -e "$environment"
contains "$scratch/tool.json" "fence.witness_missing"
say "the stale member takes writes, and so does the target"
fails_over_to main-2 main-1
write_on main-2
is "who owns, says status" "$(status .owners.serves)" both
tool 3 rollback -e "$environment"
contains "$scratch/tool.out" "pgcleave repair-owner"
say "repaired: what was written on the wrong side is named"
tool 9 repair-owner -e "$environment" --json
is "who is right" "$(jq -r .right "$scratch/tool.json")" target
contains <(jq -r '.written[0]' "$scratch/tool.json") \
  "table ci.projects on source main: 1 rows were written since its promotion"
refuses_writes main-2 'the owner of split "ci" is nobody'
is "who owns, says status" "$(status '.owners | .serves + " " + (.problems | length | tostring)')" "target 0"
TOOL_TIMEOUT=30 tool 3 rollback -e "$environment"
contains "$scratch/tool.out" "never had the release"
say "ok"
