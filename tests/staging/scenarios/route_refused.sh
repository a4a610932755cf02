#!/usr/bin/env bash
# A route that the bouncers could not use is found before anything is changed, by `check` and by the run itself: a port
# where nobody listens, a certificate that the bouncers do not trust, one that is not for that address. Clients notice
# nothing.
source "$(dirname "$0")/../scenario.sh"
lab_up 2
reload_bouncer() {
  psql "host=127.0.0.1 port=$(port "$1") user=pgcleave_admin dbname=pgbouncer" -v ON_ERROR_STOP=1 -qtAc RELOAD
}
catalog() {
  source_sql "select (select count(*) from pg_trigger) || ' ' || (select count(*) from pg_namespace) || ' ' ||
    (select count(*) from pg_publication)"
}
files() { cat "$dir"/bouncer-[12].ini; ls -i "$dir"/bouncer-[12].ini*; }
landed() { psql "host=127.0.0.1 port=$(port "bouncer-$1") user=app dbname=app" -qtAc "show cluster_name"; }

# run_refuses TEXT [RUNBOOK]: fast, with that text, and everything is as it was
run_refuses() {
  local began ms before
  before=$(catalog && files)
  began=$(date +%s%N)
  tool 3 run "${2:-$runbook}" -e "$scratch/environment.yml" --approve go
  ms=$((($(date +%s%N) - began) / 1000000))
  contains "$scratch/tool.out" "$1"
  [ "$ms" -lt "${WITHIN_MS:-10000}" ] || failed "it took $ms ms to refuse: $1"
  is "catalog and configuration files" "$(catalog && files)" "$before"
  say "the run refused in $ms ms: $1"
}
check_finds() {
  tool 3 check -e "$scratch/environment.yml" --json
  jq -e --arg id "$1" 'any(.findings[]; .id == $id and .severity == "blocker")' "$scratch/tool.json" >/dev/null ||
    failed "check does not find $1"
  say "check finds $1"
}

# Refused by what this machine sees in the bouncers' place, and, without that, through the bouncers themselves.
refused() {
  check_finds access.bouncer_login
  run_refuses access.bouncer_login
  run_refuses "can't serve clients at 127.0.0.1:$1 (target ci)" "$scratch/through_bouncers.yml"
}
sed '/id: ready$/,/timeout:/d; /id: fit$/,/with:/d' "$runbook" >"$scratch/through_bouncers.yml"

load_begin --writers 8 --reconnect 2 --rate 20
say "a port where nobody listens, while replication goes another way"
ci=$(port ci-1)
sed "/^target:/,/^pools:/{s/route: {host: 127.0.0.1, port: $ci}/route: {host: 127.0.0.1, port: 1}/
  s/replication: {/replication: {host: 127.0.0.1, port: $ci, /}" "$environment" >"$scratch/environment.yml"
cp "$dir/split.yml" "$scratch/"
grep -q "port: 1}" "$scratch/environment.yml" || failed "the environment file has not the wrong port"
check_finds topology.new_route_closed
refused 1
load_end 1
verify_clean source
waited=$(jq '.client_wait_max_ms | floor' "$scratch/verdict.out")
[ "$waited" -lt "${CLIENTS_WAIT_MS:-1000}" ] || failed "a client waited $waited ms"

say "certificates: the source's has the address, of the target's two one has only a name and one another authority"
certificates=$scratch/certificates
mkdir -m 755 "$certificates"
authority() {
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$1" -keyout "$certificates/$1.key" \
    -out "$certificates/$1.crt" 2>/dev/null
}
certificate() {  # NAME AUTHORITY ALTERNATIVE_NAMES
  openssl req -newkey rsa:2048 -nodes -subj "/CN=$1" -keyout "$certificates/$1.key" -out "$certificates/$1.csr" \
    2>/dev/null
  printf 'subjectAltName=%s\n' "$3" >"$certificates/$1.extension"
  openssl x509 -req -in "$certificates/$1.csr" -CA "$certificates/$2.crt" -CAkey "$certificates/$2.key" \
    -CAcreateserial -days 2 \
    -extfile "$certificates/$1.extension" -out "$certificates/$1.crt" 2>/dev/null
}
authority ours
authority theirs
certificate main ours "IP:127.0.0.1"
certificate by_name ours "DNS:ci.db.example"
certificate of_theirs theirs "IP:127.0.0.1"
[ "$(id -u)" != 0 ] || chown -R postgres "$certificates"
chmod 600 "$certificates"/*.key

tls_on() {  # MEMBER CERTIFICATE
  curl -sSf -u "pgcleave:$(cat "$dir/rest.password")" -X PATCH "http://127.0.0.1:$(rest_port "$1")/config" -d \
    "{\"postgresql\": {\"parameters\": {\"ssl\": \"on\", \"ssl_cert_file\": \"$certificates/$2.crt\",
       \"ssl_key_file\": \"$certificates/$2.key\"}}}" >/dev/null
  for _ in $(seq 100); do
    psql "host=127.0.0.1 port=$(port "$1") user=app dbname=app sslmode=require" -qtAc "show ssl_cert_file" 2>/dev/null |
      grep -q "/$2.crt" && return
    sleep 0.2
  done
  failed "$1 does not serve TLS with certificate $2"
}
tls_on main-1 main
tls_on ci-1 by_name
for number in 1 2; do
  sed -i "s|^pool_mode.*|&\nserver_tls_sslmode = verify-full\nserver_tls_ca_file = $certificates/ours.crt|" \
    "$dir/bouncer-$number.ini"
  reload_bouncer "bouncer-$number"
  is "clients of bouncer-$number land on" "$(landed "$number")" main
done
cp "$environment" "$scratch/environment.yml"
load_begin --writers 8 --reconnect 2 --rate 20
refused "$ci"
tls_on ci-1 of_theirs
refused "$ci"
load_end 1
verify_clean source
waited=$(jq '.client_wait_max_ms | floor' "$scratch/verdict.out")
[ "$waited" -lt "${CLIENTS_WAIT_MS:-1000}" ] || failed "a client waited $waited ms"
say "ok"
