#!/usr/bin/env bash
# After the split the source's leader has received a row of the target, its replica has not. The replica is promoted;
# the next row comes, and nothing tells that one is missing in between. A rollback asks for words, and says why.
source "$(dirname "$0")/../scenario.sh"
source "$(dirname "$0")/../failover.sh"
lab_up 1
tool 0 run "$root/runbooks/logical-switchover.yml" -e "$environment" --approve go
insert() { on ci-1 "insert into ci.projects (name) values ('$1')"; }
has() { [ "$(on "$1" "select count(*) from ci.projects where name = '$2'")" = 1 ]; }
comes_to() { for _ in $(seq 200); do has "$1" "$2" && return; sleep 0.1; done; failed "$2 does not come to $1"; }
insert first
comes_to main-1 first
comes_to main-2 first
crash main-2
insert lost
comes_to main-1 lost
sleep 1  # the subscription's worker tells the slot what it has flushed
fails_over_to main-2 main-1
insert after
comes_to main-2 after
if has main-2 lost; then failed "the row was not lost"; fi

sed -i "s/route: {host: 127.0.0.1, port: $(port main-1)}/route: {host: 127.0.0.1, port: $(port main-2)}/" "$environment"
"$build/pgcleave" status -e "$environment" >"$scratch/status.out"
contains "$scratch/status.out" "whether a rollback would lose writes can't be told"
say "a rollback asks, and changes nothing"
tool 6 rollback -e "$environment"
contains "$scratch/tool.out" "source main has another leader than when reverse replication began"
contains "$scratch/tool.out" "to approve, type: give up what cannot be counted"
is "owner on the target" "$(owner_on ci-1)" 2
say "ok"
