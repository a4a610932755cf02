#!/usr/bin/env bash
# Two databases of the fleet in the same PgBouncer processes: both are paused, repointed and resumed as one, there and
# back under load on both, also after the program and its guard were killed between.
source "$(dirname "$0")/../scenario.sh"
lab_up 2
as_app "create table ci.by_second_pool (client int, n bigint, primary key (client, n))" >/dev/null
for _ in $(seq 100); do [ "$(target_sql "select to_regclass('ci.by_second_pool')")" != "" ] && break; sleep 0.1; done
for number in 1 2; do
  config=$dir/bouncer-$number.ini
  # As an operator does it: the folder's owner stays.
  sed -n 's/^app = /app_ro = /p' "$config" >"$scratch/line"
  sed -i "/^app = /r $scratch/line" "$config"
  chmod --reference="$dir/bouncer.users" "$config" && chown --reference="$dir/bouncer.users" "$config"
done
ports=$(sed -n 's/^listen_port = //p' "$dir"/bouncer-[12].ini)
for port in $ports; do psql "host=127.0.0.1 port=$port user=pgcleave_admin dbname=pgbouncer" -qtAc RELOAD; done
sed -i 's/^  - database: app$/  - databases: [app, app_ro]/' "$environment"
contains "$environment" "databases: [app, app_ro]"

# Each transaction that was acknowledged is a line of a log.
echo '\set n random(1, 1000000000000)
insert into ci.by_second_pool values (:client_id + :offset, :n);
select count(*) from ci.by_second_pool where client = -1;' >"$scratch/second.sql"
clients=()
second_load_begin() {
  local offset=0
  for port in $ports; do
    (cd "$scratch" && exec "$(pg_config --bindir)/pgbench" -n -f second.sql -D offset=$offset -c 4 -j 1 -C -R 40 \
      -T 600 -l --log-prefix="second-$offset" \
      "host=127.0.0.1 port=$port user=app dbname=app_ro") >"$scratch/second-$offset.out" 2>&1 &
    clients+=($!)
    offset=$((offset + 10))
  done
}
second_load_ends_well() {
  local pid acknowledged stored
  for pid in "${clients[@]}"; do
    kill -0 "$pid" 2>/dev/null || failed "a client of the second pool has ended"
    kill "$pid"
  done
  wait "${clients[@]}" 2>/dev/null || true
  if grep -E "error|aborted|FATAL" "$scratch"/second-*.out; then failed "clients of the second pool saw errors"; fi
  acknowledged=$(cat "$scratch"/second-*.[0-9]* | wc -l)
  stored=$($1 "select count(*) from ci.by_second_pool")
  [ "$acknowledged" -gt 100 ] || failed "hardly any write through the second pool: $acknowledged"
  [ "$stored" -ge "$acknowledged" ] ||
    failed "$acknowledged writes through the second pool were acknowledged, $stored are there"
  say "second pool: $acknowledged acknowledged at least, $stored stored"
}
# both_lead_to MEMBER: in the files and in the processes
both_lead_to() {
  local port wanted number
  wanted=$(jq -r --arg name "$1" '.members[] | select(.name == $name) | .postgres_port' "$dir/lab.json")
  for number in 1 2; do
    is "routes in bouncer-$number.ini" "$(grep -cE "^app(_ro)? = .* port=$wanted " "$dir/bouncer-$number.ini")" 2
  done
  for port in $ports; do
    is "routes of the process at $port" \
      "$(psql "host=127.0.0.1 port=$port user=pgcleave_admin dbname=pgbouncer" -qtAF '|' -c 'SHOW DATABASES' |
        grep -cE "^app(_ro)?\|127.0.0.1\|$wanted\|")" 2
  done
}
load_begin --writers 6 --reconnect 2 --rate 20
second_load_begin
tool 0 check -e "$environment"

say "there and back"
tool 0 run "$runbook" -e "$environment" --approve go
both_lead_to ci-1
tool 0 rollback -e "$environment"
both_lead_to main-1

say "killed after the rename, with both pools paused"
kill_both_at "after effect point the pool" run "$runbook" -e "$environment" --approve go
tool 0 resume -e "$environment" --approve go
both_lead_to ci-1
second_load_ends_well target_sql
load_end 1
verify_clean target
say "ok"
