#!/usr/bin/env bash
# A login that a window needs and that is refused is found by `check` and shown by `doctor`, and stops the run before
# anything is changed: the probe's password, Patroni's, a missing line of pg_hba.conf in either direction. What only a
# rollback needs is a warning: the login and the rights of the role that rewinds. Clients notice nothing.
source "$(dirname "$0")/../scenario.sh"
lab_up 2
catalog() {
  source_sql "select (select count(*) from pg_trigger) || ' ' || (select count(*) from pg_namespace) || ' ' ||
    (select count(*) from pg_publication)"
}
data() { jq -r --arg name "$1" '.members[] | select(.name == $name) | .data' "$dir/lab.json"; }
mkdir "$scratch/bad"
cp "$dir/split.yml" "$scratch/bad/"
change_environment() { sed "$1" "$environment" >"$scratch/bad/environment.yml"; }

# found ID TEXT: by check, doctor and run, each within ten seconds
found() {
  local began ms
  tool 3 check -e "$scratch/bad/environment.yml" --json
  jq -e --arg id "access.$1" --arg text "$2" \
    'any(.findings[]; .id == $id and .severity == "blocker" and ((.object + .evidence) | contains($text)))' \
    "$scratch/tool.json" >/dev/null || failed "check does not find access.$1: $2"
  tool 3 doctor -e "$scratch/bad/environment.yml"
  contains "$scratch/tool.json" "$2"
  began=$(date +%s%N)
  tool 3 run "$runbook" -e "$scratch/bad/environment.yml" --approve go
  ms=$((($(date +%s%N) - began) / 1000000))
  contains "$scratch/tool.out" "access.$1"
  [ "$ms" -lt "${WITHIN_MS:-10000}" ] || failed "it took $ms ms to refuse: access.$1"
  is "nothing was changed" "$(catalog)" "$before"
  say "found, and refused by the run in $ms ms: access.$1"
}

before=$(catalog)
tool 0 doctor -e "$environment"
contains "$scratch/tool.json" "works"
load_begin --writers 8 --reconnect 2 --rate 20
sed 's/:app:.*/:app:wrong/' "$PGPASSFILE" >"$scratch/bad/passfile"
chmod 600 "$scratch/bad/passfile"
change_environment "s|probe: {user: app, passfile: [^}]*}|probe: {user: app, passfile: $scratch/bad/passfile}|"
found probe_login "authentication failed"

echo wrong >"$scratch/bad/rest.password"
change_environment "/^target:/,\$s|$dir/rest.password|$scratch/bad/rest.password|"
found rest_write "Patroni of target ci"

# The first line that fits decides. The lab's own logins by this user go on: another one makes the links here.
source_sql "create role linker login superuser password 'linked'" >/dev/null
for _ in $(seq 100); do
  [ "$(target_sql "select count(*) from pg_roles where rolname = 'linker'")" = 1 ] && break
  sleep 0.1
done
echo "*:*:*:linker:linked" >"$scratch/bad/servers"
[ "$(id -u)" != 0 ] || chown postgres "$scratch/bad/servers"
chmod 600 "$scratch/bad/servers"
chmod 711 "$scratch/bad"
link="user: linker, passfile: $scratch/bad/servers"
if [ "$own_role" != pgcleave ]; then  # the subscription of a role that is no superuser brings its password along
  echo linked >"$scratch/bad/linked"
  chmod 600 "$scratch/bad/linked"
  link="user: linker, password: \"\${file:$scratch/bad/linked}\""
fi
change_environment "s|replication: {.*|replication: {$link}|"
tool 0 doctor -e "$scratch/bad/environment.yml"
lock_out() {  # MEMBER
  sed -i '1i host all linker 127.0.0.1/32 reject' "$(data "$1")/pg_hba.conf"
  on "$1" "select pg_reload_conf()" >/dev/null
  sleep 0.5
}
let_in() { sed -i '/linker/d' "$(data "$1")/pg_hba.conf"; }
lock_out ci-1
found link_login "target ci"
let_in ci-1
psql "$TARGET" -qtAc "select pg_reload_conf()" >/dev/null
lock_out main-1
found link_hba "line 1 of pg_hba.conf: reject"
let_in main-1
source_reloads() { psql "$SOURCE" -qtAc "select pg_reload_conf()" >/dev/null; }
source_reloads

# only_warned ID TEXT: found by check as a warning, shown by doctor, each with its fix
only_warned() {
  tool 0 check -e "$environment" --json
  jq -e --arg id "access.$1" --arg text "$2" \
    '[.findings[] | select(.id == $id and .severity == "warning" and ((.object + .evidence) | contains($text)))]
     | length == 1 and .[0].fix != ""' \
    "$scratch/tool.json" >/dev/null || failed "check does not warn once of access.$1: $2"
  tool 0 doctor -e "$environment" --json
  jq -e --arg id "access.$1" --arg text "$2" \
    'any(.logins[]; .id == $id and .result == "refused" and ((.to + .seen + .as) | contains($text)) and .fix != "")' \
    "$scratch/tool.json" >/dev/null || failed "doctor does not show access.$1: $2"
  say "found: access.$1, $2"
}
say "the role that rewinds: its login to the source, and its rights there"
sed -i '1i host postgres rewind_ci 127.0.0.1/32 reject' "$(data main-1)/pg_hba.conf"
only_warned rewind_login "line 1 of pg_hba.conf: reject"
contains "$scratch/tool.json" "host postgres rewind_ci 127.0.0.1/32 scram-sha-256"
sed -i '/rewind_ci/d' "$(data main-1)/pg_hba.conf"
in_postgres() { psql "$SOURCE dbname=postgres" -v ON_ERROR_STOP=1 -qtAc "$1"; }
in_postgres "revoke execute on function pg_stat_file(text, boolean) from rewind_ci"
only_warned rewind_rights "pg_catalog.pg_stat_file(text, boolean)"
in_postgres "grant execute on function pg_stat_file(text, boolean) to rewind_ci"

say "this machine's login to database postgres of a member"
sed -i "1i host postgres $own_role 127.0.0.1/32 reject" "$(data main-1)/pg_hba.conf"
source_reloads
sleep 0.5
only_warned postgres_login "member main-1 of source main, database postgres"
sed -i '/reject/d' "$(data main-1)/pg_hba.conf"
source_reloads
tool 0 check -e "$environment" --json
is "findings of the repaired lab" \
  "$(jq '[.findings[] | select(.id | startswith("access."))] | length' "$scratch/tool.json")" 0
load_end 1
verify_clean source
waited=$(jq '.client_wait_max_ms | floor' "$scratch/verdict.out")
[ "$waited" -lt "${CLIENTS_WAIT_MS:-1000}" ] || failed "a client waited $waited ms"
say "ok"
