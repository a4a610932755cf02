#!/usr/bin/env bash
# A run acts on the servers that it began with: another database, another bouncer and another environment are refused by
# each command, and nothing is changed. A bouncer that is out of service can be left out, once nobody listens there.
source "$(dirname "$0")/../scenario.sh"
lab_up
psql "${SOURCE/dbname=app/dbname=postgres}" -v ON_ERROR_STOP=1 -qtAc "
  select pg_terminate_backend(pid) from pg_stat_activity where datname = 'app'" \
  -c "create database other template app" >"$scratch/other.out" ||
  failed "the other database is not made"
other=$dir/other.yml
edit() { sed -E "$@" "$environment" >"$other"; }
changes() {
  for name in app other; do
    psql "${SOURCE/dbname=app/dbname=$name}" \
      -qtAc "select (select count(*) from pg_trigger) || ' ' || (select count(*) from pg_namespace) || ' ' ||
      (select count(*) from pg_publication) || ' ' || (select count(*) from pg_replication_slots)"
  done
  grep -hE '^app ' "$dir"/bouncer-*.ini
  "$build/pgcleave" log -e "$environment" --json 2>/dev/null | wc -l
}
# refused WORDS...: by each command that acts on the run, with these words
refused() {
  local before command words
  before=$(changes)
  for command in "approve $run go" "resume $run" "rollback $run" "resume $run --takeover" "rollback $run --takeover"; do
    [[ $command != approve* ]] || [ -z "${asks_servers:-}" ] || continue
    # shellcheck disable=SC2086
    tool 2 $command -e "$other"
    for words in "$@"; do contains "$scratch/tool.out" "$words"; done
  done
  is "what was changed" "$(changes)" "$before"
}

say "a pool that leads to another database than the one that would be split"
edit 's/dbname: app/dbname: other/'
tool 2 run "$runbook" -e "$other" --approve go
contains "$scratch/tool.out" "its pool app leads to another database than the one that is split$(
  ) (expected database other (source main), seen database app)"
tool 3 check -e "$other"
contains "$scratch/tool.json" "topology.bouncer_other_database"

tool 6 run "$runbook" -e "$environment"
run=$(status .run)
servers() {
  "$build/pgcleave" log "$run" -e "$environment" --json |
    jq -rs "[.[] | if type == \"array\" then .[] else . end | select(.type == \"run.begun\")][0].data.servers$1"
}
is "the source that it began with" "$(servers .source.system_identifier)" \
  "$(source_sql "select system_identifier from pg_control_system()")"
is "its database" "$(servers .source.database_oid)" "$(source_sql "select oid from pg_database where datname = 'app'")"
is "the target that it began with" "$(servers .target.system_identifier)" \
  "$(target_sql "select system_identifier from pg_control_system()")"
is "bouncers that it began with" "$(servers '.bouncers | map(.name) | join(" ")')" "bouncer-1 bouncer-2 bouncer-3"

say "another database with the same tables"
refused "has another source database than the run began with" "source database app" "source database other"
say "another environment"
edit 's/^name: lab/name: elsewhere/'
refused "has another name than the run began with (expected name lab, seen name elsewhere)"
edit 's/^class: staging/class: production/'
refused "has another class than the run began with (expected class staging, seen class production)"
say "fewer bouncers, more, and others"
edit '/name: bouncer-3/d'
refused "has other bouncers than the run began with" "write bouncer-3 (pool app) into it again"
main_port=$(jq -r '.bouncers[] | select(.name == "bouncer-main").port' "$dir/lab.json")
edit "s/^( *- .name: )bouncer-3(.*port: )[0-9]+(.*)bouncer-3.ini(.*)/&\n\1bouncer-4\2$main_port\3bouncer-main.ini\4/"
refused "leave out bouncer-4 (pool app), and point its pool by hand"
edit '/name: bouncer-2/s/(port: )[0-9]+/\1'"$main_port/"
asks_servers=yes refused "bouncer bouncer-2: is not the process that the run began with" "seen listen_port $main_port"
say "a pool that was led to another database meanwhile"
cp -p "$dir/bouncer-2.ini" "$scratch/bouncer-2.ini"
console() { psql "host=127.0.0.1 port=$(port "$1") user=pgcleave_admin dbname=pgbouncer" -qAtc "$2"; }
sed -i -E '/^app /s/dbname=app/dbname=other/' "$dir/bouncer-2.ini"
console bouncer-2 RELOAD
cp "$environment" "$other"
asks_servers=yes refused "bouncer bouncer-2: its pool app leads to another database than the one that is split" \
  "seen database other"
cat "$scratch/bouncer-2.ini" >"$dir/bouncer-2.ini"
console bouncer-2 RELOAD

load_begin --writers 8 --reconnect 2 --rate 20
say "a bouncer that is out of service is left out when nobody listens there, and its restart is no other process"
edit '/name: bouncer-3/d'
tool 2 resume "$run" -e "$other" --gone bouncer-3 --approve go
contains "$scratch/tool.out" "--gone bouncer-3: somebody listens where its console was"
tool 2 resume "$run" -e "$environment" --gone bouncer-9
contains "$scratch/tool.out" "the run began without such a bouncer"
load_end 1
"$lab" kill --dir "$dir" bouncer-3
"$lab" kill --dir "$dir" bouncer-2
"$lab" restart --dir "$dir" bouncer-2
tool 0 resume "$run" -e "$other" --gone bouncer-3 --approve go
contains "$scratch/tool.out" "bouncer bouncer-3 is left out"
is "owners" "$(owner_on_source) $(owner_on_target)" "0 2"
is "the route of the bouncer that was left out" \
  "$(grep -c "port=$(port main-1)" "$dir/bouncer-3.ini")" 1
tool 2 rollback "$run" -e "$environment"
contains "$scratch/tool.out" "has other bouncers than the run began with"
tool 0 rollback "$run" -e "$other"
is "owner on the source" "$(owner_on_source)" 1
verify_clean source errors
say "ok"
