#!/usr/bin/env bash
# Twenty rehearsals in a row: after each one the target is whole, and the next one begins at once.
source "$(dirname "$0")/../scenario.sh"
runbook=$root/runbooks/logical-switchover.yml
lab_up 1
histories() {
  on "$1" "select coalesce(string_agg(name, ' ' order by name), 'none') from pg_ls_waldir() where name like '%.history'"
}
reinitialized=0
for round in $(seq "${ROUNDS:-20}"); do
  began=$(date +%s)
  tool 0 rehearse "$runbook" -e "$environment" --times 1 --hold 0s --json
  for member in ci-1 ci-2; do
    is "histories on $member after round $round" "$(histories "$member")" none
    is "timeline that $member receives after round $round" \
      "$(on "$member" "select received_tli from pg_stat_wal_receiver where status = 'streaming'")" 1
  done
  is "ci-2 on ci-1 after round $round" \
    "$(on ci-1 "select state from pg_stat_replication where application_name = 'ci-2'")" streaming
  copied=$(status '.steps[] | select(.step == "reattach") | .outputs.reinitialized | join(" ")')
  [ -z "$copied" ] || reinitialized=$((reinitialized + 1))
  reattached=$(status '.steps[] | select(.step == "reattach") | .outputs.seconds')
  say "round $round: $(($(date +%s) - began)) s, reattached in $reattached s, reinitialized: ${copied:-nobody}"
done
tool 0 check -e "$environment" --json
is "findings about members" \
  "$(jq -r '.findings[].id | select(test("stale_history|member_stuck"))' "$scratch/tool.json")" ""
say "rounds in which a member had to be reinitialized: $reinitialized of $round"
say "ok"
