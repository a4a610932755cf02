#!/usr/bin/env bash
# Ten times over and back: each reattach works without a hand, and no WAL is held afterwards.
source "$(dirname "$0")/../scenario.sh"
runbook=$root/runbooks/logical-switchover.yml
lab_up 1
load_begin --writers 4 --reconnect 1 --rate 20
for round in $(seq 10); do
  tool 0 run "$runbook" -e "$environment" --approve go
  tool 0 rollback -e "$environment"
  say "round $round: pause $(status .windows.window.pause_ms) ms," \
    "back $(status '.windows["rollback.window"].pause_ms') ms," \
    "reattached in $(status '.steps[] | select(.step == "reattach") | .outputs.seconds') s"
  is "how it was reattached" "$(status '.steps[] | select(.step == "reattach") | .outputs.how')" rewound
  is "ci streams" "$(target_sql "select status from pg_stat_wal_receiver")" streaming
done
load_end 1
verify_clean source
is "slots that hold WAL for nobody" \
  "$(source_sql "select count(*) from pg_replication_slots where slot_name like 'pgcleave%'")" 0
say "ok"
