#!/usr/bin/env bash
# standby_cluster as people write it: a slot's name that is null, one with a hyphen (Patroni makes _ of it), several
# hosts. The target is promoted, goes back and follows again, and what is put back is what was, key for key, but for
# keys without a value.
source "$(dirname "$0")/../scenario.sh"
lab_up 1
rest=http://127.0.0.1:$(rest_port ci-1)
config() { curl -sf "$rest/config"; }
# A PATCH would take nulls out: the whole configuration is PUT, as an operator's does.
put() {
  config | jq --argjson standby "$1" '.standby_cluster = $standby' >"$scratch/config.json"
  curl -sf -u "pgcleave:$(cat "$dir/rest.password")" -X PUT --data-binary "@$scratch/config.json" "$rest/config" \
    >/dev/null || failed "PUT of $1"
  local tries wanted
  wanted=$(jq -cS . <<<"$1")
  for tries in $(seq 100); do  # the member answers from what it has read last
    [ "$(config | jq -cS .standby_cluster)" = "$wanted" ] && return
    sleep 0.1
  done
  is "what was PUT" "$(config | jq -cS .standby_cluster)" "$wanted"
}
streams() {
  local tries
  for tries in $(seq 300); do
    [ "$(target_sql "select status from pg_stat_wal_receiver")" = streaming ] && return
    sleep 0.2
  done
  failed "the target does not stream: $1"
}
# there_and_back TITLE STANDBY_CLUSTER
there_and_back() {
  say "$1"
  put "$2"
  sleep 2
  streams "$1, as written"
  tool 0 run "$runbook" -e "$environment" --approve go
  is "owner on the target" "$(owner_on_target)" 2
  is "standby_cluster while the target serves" "$(config | jq -c .standby_cluster)" null
  tool 0 rollback -e "$environment"
  is "owner on the source" "$(owner_on_source)" 1
  is "what was put back" "$(config | jq -cS .standby_cluster)" "$(jq -cS 'del(..|nulls)' <<<"$2")"
  streams "$1, after the rollback"
  is "the target" "$(target_sql "select pg_is_in_recovery()")" t
  # A member that Patroni fails on streams for a while.
  sleep 12
  is "$1: Patroni of the target" \
    "$(curl -s "$rest/cluster" | jq -r '.members[] | select(.name == "ci-1") | .role + " " + .state' |
      sed 's/streaming/running/')" \
    "standby_leader running"
}
load_begin --writers 4 --reconnect 1 --rate 20
# One port for all hosts: Patroni fails on a list of ports, and its passfile has no line for it (3.0.2).
there_and_back "several hosts, and a slot's name with a hyphen" \
  "{\"host\": \"127.0.0.1,localhost\", \"port\": $(port main-1), \"primary_slot_name\": \"ci-cluster\",
    \"create_replica_methods\": [\"basebackup\"]}"
is "the slot that is used" "$(source_sql "select active from pg_replication_slots where slot_name = 'ci_cluster'")" t
there_and_back "keys without a value" \
  "{\"host\": \"127.0.0.1\", \"port\": $(port main-1), \"primary_slot_name\": null, \"restore_command\": null,
    \"create_replica_methods\": [\"basebackup\"]}"
load_end 1
verify_clean source
say "ok"
