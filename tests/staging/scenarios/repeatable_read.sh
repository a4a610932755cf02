#!/usr/bin/env bash
# Every client writes in REPEATABLE READ, one of them round the bouncers, so that transactions whose snapshot is older
# than the switch meet it at every instant. What was acknowledged is there, once, on one side.
source "$(dirname "$0")/../scenario.sh"
lab_up
source_sql "alter role app set default_transaction_isolation = 'repeatable read'"
for runbook in "$root/runbooks/logical-switchover.yml" "$root/runbooks/promote-standby.yml"; do
  for _ in 1 2; do
    load_begin --writers 16 --reconnect 4 --bypass
    tool 0 run "$runbook" -e "$environment" --approve go --set 'accept=[workload.session_goes_round]'
    load_end 1
    verify_clean target errors
    contains "$scratch/verdict.out" "takes no writes on cluster"
    load_begin --writers 8 --reconnect 2
    tool 0 rollback -e "$environment"
    load_end 1
    verify_clean source errors
  done
done
is "the isolation level that clients had" "$(psql "$SOURCE user=app" -qtAc "show transaction_isolation")" \
  "repeatable read"
say "ok"
