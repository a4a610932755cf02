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

hosts=::1
for name in logical-switchover promote-standby; do
  say "$name, there and back under load, by $hosts"
  load_begin
  tool 0 run "$root/runbooks/$name.yml" -e "$environment" --approve go
  is "owner on the target" "$(owner_on_target)" 2
  is "where the bouncers send clients" \
    "$(psql "host=127.0.0.1 port=$(port bouncer-1) user=pgcleave_admin dbname=pgbouncer" -qtAF '|' -c 'SHOW DATABASES' |
      awk -F'|' '$1 == "app" {print $2 " " $3}')" "$hosts $(port ci-1)"
  tool 0 rollback -e "$environment"
  load_end
  verify_clean source
  hosts=::1,localhost
  sed -i "/^target:/,/^pools:/s/route: {host: \"::1\"/route: {host: \"$hosts\"/" "$environment"
done
