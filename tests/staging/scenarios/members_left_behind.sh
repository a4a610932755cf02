#!/usr/bin/env bash
# A stale timeline history on the target is found by check and status, and a reattach leaves no member behind, or says
# which.
source "$(dirname "$0")/../scenario.sh"
runbook=$root/runbooks/logical-switchover.yml
lab_up 1
# As a promotion would have left it that forked off long ago. COPY writes the very format, also on a standby.
plant_history() { on "$1" "copy (select 1, '0/100', 'planted') to '$dir/data/$1/pg_wal/$2'"; }
histories() {
  on "$1" "select coalesce(string_agg(name, ' ' order by name), 'none') from pg_ls_waldir() where name like '%.history'"
}
timeline() { on "$1" "select received_tli from pg_stat_wal_receiver where status = 'streaming'"; }
of_members() {
  jq -r '.findings[] | select(.id | test("stale_history|member_stuck")) | "\(.severity) \(.id) \(.object)"' \
    "$scratch/tool.json"
}
reattached() { status ".steps[] | select(.step == \"reattach\") | .outputs.$1 | join(\" \")"; }
check() { tool "$1" check -e "$environment" --json; }

say "the leader that would be promoted has one: a blocker, and the run is refused"
plant_history ci-1 00000002.history
check 3
is "findings" "$(of_members)" "blocker topology.stale_history member ci-1 of target ci"
tool 3 run "$runbook" -e "$environment" --approve go
contains "$scratch/tool.out" "member ci-1 of target ci: has 00000002.history in pg_wal"
rm "$dir/data/ci-1/pg_wal/00000002.history"

say "a replica has one: the promotion leaves it behind, although Patroni shows it running"
plant_history ci-2 00000002.history
check 0
is "findings" "$(of_members)" "warning topology.stale_history member ci-2 of target ci"
tool 0 run "$runbook" -e "$environment" --approve go
sleep 15
is "state of ci-2 by Patroni" \
  "$(curl -sS "http://127.0.0.1:$(rest_port ci-1)/cluster" | jq -r '.members[] | select(.name == "ci-2") | .state')" \
  running
is "timeline that ci-2 receives" "$(timeline ci-2)" ""

say "the rollback ends when it follows again: Patroni had to copy it"
tool 0 rollback -e "$environment"
contains "$scratch/tool.out" "Patroni copies it anew"
is "members reinitialized" "$(reattached reinitialized)" ci-2
is "members left behind" "$(reattached left_behind)" ""
is "histories on ci-2" "$(histories ci-2)" none
is "timeline that ci-2 receives" "$(timeline ci-2)" 1
check 0
is "findings" "$(of_members)" ""
is "left behind, by status" "$(status '[.splits[].left_behind // []] | add | length')" 0

say "where nothing may be copied the rollback names it, and so does status"
sed 's/^        common_checkpoint: "${promote.common_checkpoint}"/&\n        reclone: never/' "$runbook" \
  >"$scratch/never.yml"
plant_history ci-2 00000002.history
tool 0 run "$scratch/never.yml" -e "$environment" --approve go
tool 9 rollback -e "$environment"
contains "$scratch/tool.out" "member ci-2 of target ci has 00000002.history in pg_wal"
contains "$scratch/tool.out" "patronictl reinit ci ci-2"
is "members reinitialized" "$(reattached reinitialized)" ""
"$build/pgcleave" status -e "$environment" >"$scratch/status.out"
contains "$scratch/status.out" "left behind: member ci-2 of target ci has 00000002.history"

say "the command that it names repairs it"
patronictl -c "$dir/ci-2.yml" reinit ci ci-2 --force >"$scratch/reinit.out"
for _ in $(seq 60); do [ "$(timeline ci-2 2>/dev/null)" = 1 ] && break; sleep 1; done
is "histories on ci-2" "$(histories ci-2)" none
check 0
is "findings" "$(of_members)" ""
say "ok"
