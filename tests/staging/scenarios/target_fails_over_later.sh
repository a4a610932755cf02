#!/usr/bin/env bash
# From PostgreSQL 17 on the rollback path survives a failover of the target that is set up for it: its slot is copied to
# the target's members, which status measures, and a rollback from the new leader loses nothing.
source "$(dirname "$0")/../scenario.sh"
source "$(dirname "$0")/../failover.sh"
runbook=$root/runbooks/logical-switchover.yml
lab_up 2
version=$(source_sql "show server_version_num")
[ "$version" -ge 170000 ] || skip "PostgreSQL $version: slots are synchronized to standbys from 17 on"

configure() {  # configure MEMBER JSON
  curl -sSf -u "pgcleave:$(cat "$dir/rest.password")" -X PATCH -d "$2" "http://127.0.0.1:$(rest_port "$1")/config" \
    >>"$scratch/configured.out"
}
setting_becomes() {  # setting_becomes NAME VALUE MEMBER...
  local member
  for member in "${@:3}"; do
    for _ in $(seq 300); do [ "$(on "$member" "show $1")" = "$2" ] && continue 2; sleep 0.1; done
    failed "$1 on $member is not $2"
  done
}
finds() {  # finds ID SEVERITY OBJECT: one finding of check
  "$build/pgcleave" check -e "$environment" --json >"$scratch/check.json" 2>>"$scratch/check.out" || true
  jq -e --arg id "$1" --arg severity "$2" --arg object "$3" \
    'any(.findings[]; .id == $id and .severity == $severity and .object == $object)' "$scratch/check.json" \
    >/dev/null || failed "check does not find $1 of $3: $(jq -c '[.findings[].id]' "$scratch/check.json")"
}

# An address that follows the target's leader, for clients and for the source's subscription.
cat >"$scratch/leader.py" <<'END'
import socket, sys, threading, urllib.request
members = [tuple(int(part) for part in one.split(":")) for one in sys.argv[1:]]
def leader():
    for rest, port in members:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{rest}/leader", timeout=2)
            return port
        except OSError: pass
def copy(a, b):
    try:
        while data := a.recv(65536): b.sendall(data)
    except OSError: pass
    for s in (a, b):
        try: s.shutdown(socket.SHUT_RDWR)
        except OSError: pass
def serve(a):
    try: b = socket.create_connection(("127.0.0.1", leader()))
    except (OSError, TypeError): return a.close()
    for pair in ((a, b), (b, a)): threading.Thread(target=copy, args=pair, daemon=True).start()
here = socket.create_server(("127.0.0.1", 0))
print(here.getsockname()[1], flush=True)
while True: threading.Thread(target=serve, args=(here.accept()[0],), daemon=True).start()
END
python3 "$scratch/leader.py" "$(rest_port ci-1):$(port ci-1)" "$(rest_port ci-2):$(port ci-2)" >"$scratch/leader.port" &
for _ in $(seq 100); do [ -s "$scratch/leader.port" ] && break; sleep 0.1; done
sed -i "/^target:/,/^pools:/s/route: {host: 127.0.0.1, port: $(port ci-1)}/route: {host: 127.0.0.1, port: $(
  cat "$scratch/leader.port")}/" "$environment"
is "routes by the proxy" "$(grep -c "route: .*port: $(cat "$scratch/leader.port")}" "$environment")" 1

say "what a promotion would stall is told before it: readers of the source that wait for the standby cluster's slot"
configure main-1 '{"ignore_slots": [{"name": "feed"}],
  "postgresql": {"parameters": {"synchronized_standby_slots": "ci_cluster"}}}'
source_sql "select pg_create_logical_replication_slot('feed', 'pgoutput', false, false, true)" >/dev/null
setting_becomes synchronized_standby_slots ci_cluster main-1
finds settings.standby_slot_leaves blocker "slot ci_cluster on source main"
finds settings.slots_not_synchronized note "target ci"
source_sql "select pg_drop_replication_slot('feed')" >/dev/null
configure main-1 '{"ignore_slots": null, "postgresql": {"parameters": {"synchronized_standby_slots": null}}}'
setting_becomes synchronized_standby_slots "" main-1

say "the target synchronizes slots, and so the rollback path's slot is copied to its other member"
configure ci-1 '{"postgresql": {"parameters": {"sync_replication_slots": "on"}}}'
setting_becomes sync_replication_slots on ci-1 ci-2
load_begin --writers 8 --reconnect 2 --rate 20
tool 0 run "$runbook" -e "$environment" --approve go
is "failover of the slot" "$(on ci-1 "select failover from pg_replication_slots where slot_name ~ 'reverse'")" t
is "options of the subscription" "$(source_sql "select suborigin, subfailover from pg_subscription")" "none|t"
for _ in $(seq 240); do [ "$(status .rollback_path.failover.survives)" = true ] && break; sleep 0.5; done
is "status of a failover" "$(status .rollback_path.failover.text)" \
  "a failover of target ci leaves the rollback path as it is: ci-2 has a copy of its slot"
is "the copy on ci-2" \
  "$(on ci-2 "select synced and not temporary from pg_replication_slots where slot_name ~ 'reverse'")" t
load_end

say "nobody writes, all members have all, and the target's leader dies"
for _ in $(seq 100); do
  [ "$(on ci-1 "select pg_current_wal_lsn()")" = "$(on ci-2 "select pg_last_wal_replay_lsn()")" ] &&
    [ "$(status .rollback_path.lag_bytes)" -lt 1000 ] && break
  sleep 0.1
done
crash ci-1
wait_for_role ci-2 "master|primary" 90
"$lab" restart --dir "$dir" ci-1 >>"$scratch/restart.out" 2>&1
wait_for_role ci-1 replica 90
is "the slot on the new leader" \
  "$(on ci-2 "select synced and invalidation_reason is null from pg_replication_slots where slot_name ~ 'reverse'")" t

say "clients write on the new leader, and what they write goes back to the source"
load_begin --writers 8 --reconnect 2 --rate 20
for _ in $(seq 200); do
  [ "$(status '.rollback_path | .worker and (.losses == [])')" = true ] && break
  sleep 0.3
done
"$build/pgcleave" status -e "$environment" >"$scratch/status.out"
is "losses of the rollback path" "$(status '.rollback_path.losses | length')" 0
contains "$scratch/status.out" "has failed over, and goes on with a copy of the slot"
for _ in $(seq 120); do [ "$(status .rollback_path.failover.survives)" = true ] && break; sleep 0.5; done
is "status of the next failover, to the former leader, which was rewound" "$(status .rollback_path.failover.text)" \
  "a failover of target ci leaves the rollback path as it is: ci-1 has a copy of its slot"

say "rolled back from there, with words for what the old leader's counters would have told: nothing is lost"
words="give up what cannot be counted"
tool 6 rollback -e "$environment"
contains "$scratch/tool.out" "to approve, type: $words"
tool 0 approve "$(status .run)" give_up --words "$words" -e "$environment"
tool 0 resume -e "$environment"
is "state" "$(status .state)" "rolled back"
load_end 2
verify_clean source
is "owners" "$(owner_on_source)" 1
say "ok"
