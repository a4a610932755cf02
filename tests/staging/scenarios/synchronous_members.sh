#!/usr/bin/env bash
# Both clusters replicate synchronously (by quorum from Patroni 4.0 on), and a member of each has tags: a cutover and
# its rollback by either runbook lose nothing, and a member that is never promoted is not waited for.
source "$(dirname "$0")/../scenario.sh"
lab_up
patroni_version=$(curl -s "http://127.0.0.1:$(rest_port main-1)/patroni" | jq -r .patroni.version)
mode=true
[ "${patroni_version%%.*}" -lt 4 ] || mode='"quorum"'
rest() {  # rest MEMBER METHOD PATH BODY
  curl -s -m 20 -u "pgcleave:$(cat "$dir/rest.password")" -X "$2" -d "$4" \
    "http://127.0.0.1:$(rest_port "$1")$3" >>"$scratch/rest.out"
}
tagged() {  # tagged MEMBER TAGS
  local file
  file=$(jq -r --arg name "$1" '.members[] | select(.name == $name) | .config' "$dir/lab.json")
  jq --argjson tags "$2" '.tags = $tags' "$file" >"$scratch/tagged.yml"
  cat "$scratch/tagged.yml" >"$file"
  rest "$1" POST /reload '{}'
}

say "synchronous_mode: $mode on Patroni $patroni_version, with tags"
tagged main-2 '{"failover_priority": 2}'
tagged ci-2 '{"nofailover": true}'
for member in main-1 ci-1; do rest "$member" PATCH /config "{\"synchronous_mode\": $mode}"; done
for _ in $(seq 600); do
  [ "$(source_sql "select count(*) from pg_stat_replication
    where application_name = 'main-2' and sync_state in ('sync', 'quorum')")" = 1 ] && break
  sleep 0.1
done
is "main-2 is synchronous" \
  "$(source_sql "select sync_state in ('sync', 'quorum') from pg_stat_replication where application_name = 'main-2'")" t

there_and_back promote-standby
there_and_back logical-switchover
