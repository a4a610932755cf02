#!/usr/bin/env bash
# Servers, bouncers, Patroni and pgcleave know each other by addresses of IPv6 alone: checks find nothing, and both
# runbooks go there and back under load.
source "$(dirname "$0")/../scenario.sh"
python3 -c 'import socket; socket.socket(socket.AF_INET6).bind(("::1", 0))' 2>/dev/null ||
  skip "this machine has no loopback of IPv6"
lab_up 3 --ipv6
is "addresses of IPv4 in the environment file" "$(grep -c '127\.0\.0\.1' "$environment" || true)" 0

say "of several hosts in a route each has to lead to the leader: PgBouncer takes them by turns"
sed "/^target:/,/^pools:/s/route: {host: \"::1\"/route: {host: \"::1,127.0.0.2\"/" "$environment" \
  >"$dir/two_hosts.yml"
tool 3 run "$runbook" -e "$dir/two_hosts.yml" --approve go
contains "$scratch/tool.out" "127.0.0.2"
is "schema pgcleave" "$(source_sql "select count(*) from pg_namespace where nspname = 'pgcleave'")" 0

say "every login works, and nothing is found that is not on any lab"
tool 0 doctor -e "$environment"
tool 0 check -e "$environment" --json
is "blockers" "$(jq '[.findings[] | select(.severity == "blocker")] | length' "$scratch/tool.json")" 0

points_to() {  # points_to HOSTS
  is "where the bouncers send clients" \
    "$(psql "host=127.0.0.1 port=$(port bouncer-1) user=pgcleave_admin dbname=pgbouncer" -qtAF '|' -c 'SHOW DATABASES' |
      awk -F'|' '$1 == "app" {print $2 " " $3}')" "$1 $(port ci-1)"
}
there_and_back logical-switchover points_to ::1
say "by two hosts that both lead to the leader"
sed -i "/^target:/,/^pools:/s/route: {host: \"::1\"/route: {host: \"::1,localhost\"/" "$environment"
there_and_back promote-standby points_to ::1,localhost
