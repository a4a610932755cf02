#!/usr/bin/env bash
# The logical switchover under load, back, and over again by either runbook. Nothing lost, no client error, in any
# direction; the plan's words are the journal's; status says that reverse replication stands.
source "$(dirname "$0")/../scenario.sh"
logical=$root/runbooks/logical-switchover.yml
lab_up
load_begin --writers 16 --reconnect 4

say "plan, then cut over"
tool 0 plan "$logical" -e "$environment" --json
cp "$scratch/tool.json" "$scratch/plan.json"
tool 0 run "$logical" -e "$environment" --approve go
load_end 2
verify_clean target
is "owner on the target" "$(owner_on_target)" 2
is "owner on the source" "$(owner_on_source)" 0
[ "$(status '.steps[] | select(.step == "prove") | .outputs.canary_ms > 0')" = true ] ||
  failed "no canary proved reverse replication"
is "what is left of forward replication on the source" \
  "$(source_sql "select count(*) from pg_replication_slots where slot_name = 'pgcleave_ci_forward'")" 0
is "what is left of forward replication on the target" "$(target_sql "select count(*) from pg_subscription")" 0

say "the journal holds the plan's words"
"$build/pgcleave" log -e "$environment" --json >"$scratch/log.json" ||
  failed "the journal can't be read, or its chain is broken"
jq -r 'select(.type == "effect.announced") | .data.effect' "$scratch/log.json" >"$scratch/journal.words.out"
jq -r '.steps[].effects[]' "$scratch/plan.json" >"$scratch/plan.words.out"
diff "$scratch/plan.words.out" "$scratch/journal.words.out" >"$scratch/words.diff.out" ||
  failed "plan and journal differ"

say "write on; status says that a rollback would lose nothing; go back"
load_begin --writers 16 --reconnect 4
is "lossless" "$(status .rollback_path.lossless)" true
tool 0 rollback -e "$environment"
load_end 2
verify_clean source
is "state" "$(status .state)" "rolled back"
is "ci is a standby again" "$(target_sql "select pg_is_in_recovery()")" t
is "subscriptions and slots of the split" \
  "$(source_sql "select (select count(*) from pg_subscription) || ' ' ||
    (select count(*) from pg_replication_slots where slot_name like 'pgcleave%')")" "0 0"

say "over again by the other runbook, and back"
load_begin --writers 16 --reconnect 4
tool 0 run "$runbook" -e "$environment" --approve go
load_end 1
verify_clean target
load_begin --writers 16 --reconnect 4
tool 0 rollback -e "$environment"
load_end 1
verify_clean source

say "and once more, proven after clients were let in"
load_begin --writers 16 --reconnect 4
tool 0 run "$logical" -e "$environment" --approve go --set prove=after_resume
load_end 1
verify_clean target
[ "$(status '.steps[] | select(.step == "prove_now") | .outputs.canary_ms > 0')" = true ] ||
  failed "no canary proved reverse replication afterwards"
load_begin --writers 16 --reconnect 4
load_end 1
verify_clean target
say "ok"
