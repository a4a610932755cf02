#!/usr/bin/env bash
# Ownership is taken only when the release is on disk on every member that Patroni may promote: one that is down is
# named before anything is changed, one that stands still has the window undone.
source "$(dirname "$0")/../scenario.sh"
source "$(dirname "$0")/../failover.sh"
streams() {
  [ "$(source_sql "select count(*) from pg_stat_replication
    where application_name = 'main-2' and state = 'streaming'")" = 1 ]
}
wait_until_it_streams() {
  for _ in $(seq 900); do streams && return; sleep 0.1; done
  failed "main-2 does not stream"
}
lab_up 1
wait_until_it_streams
load_begin --writers 4 --reconnect 1 --rate 20

say "a member that is down, and would own if it were promoted, is named before anything is changed"
"$lab" kill --dir "$dir" main-2.postgres
"$lab" stop --dir "$dir" main-2
for _ in $(seq 100); do streams || break; sleep 0.1; done
tool 3 run "$runbook" -e "$environment" --approve go
contains "$scratch/tool.out" "member main-2 of source main: does not stream"
contains "$scratch/tool.out" "durable=leader"
"$lab" cont --dir "$dir" main-2
wait_until_it_streams

say "a member that stands still in the window: nothing is taken"
PGCLEAVE_FAULT="hold|before effect release ownership" PGCLEAVE_FAULT_REACHED=$scratch/reached \
  "$build/pgcleave-faulty" run "$runbook" -e "$environment" \
  --approve go --set pause_budget=60s >"$scratch/held.out" 2>&1 &
held=$!
wait_for_file "$scratch/reached"
receiver=$(on main-2 "select pid from pg_stat_wal_receiver")
kill -STOP "$receiver"
rm -f "$scratch/reached"
code=0
wait "$held" || code=$?
kill -CONT "$receiver"
is "its exit code" "$code" 4
contains "$scratch/held.out" "its release is not on disk on all members, so ownership is not taken"
contains "$scratch/held.out" "not by main-2"
is "owner on the source" "$(owner_on_source)" 1
wait_until_it_streams
for _ in $(seq 600); do
  [ "$(on ci-1 "select count(*) from pg_stat_replication
    where application_name = 'ci-2' and state = 'streaming'")" = 1 ] && break
  sleep 0.1
done

say "all stream: the window is done, and the release was on disk on the other member before ownership was taken"
tool 0 resume -e "$environment" --approve go
is "owner on main-2" "$(on main-2 "select last_value from pgcleave.owner_ci")" 0
say "back at once: the target's replica, which has not followed the promotion yet, never owned and is not waited for"
tool 0 rollback -e "$environment"
load_end 1
verify_clean source
say "ok"
