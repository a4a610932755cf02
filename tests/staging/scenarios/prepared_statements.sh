#!/usr/bin/env bash
# Clients that prepare their statements once, through bouncers that keep them (max_prepared_statements): each goes on
# with its statements after a switchover, and after the rollback, on servers that have never seen them.
source "$(dirname "$0")/../scenario.sh"
logical=$root/runbooks/logical-switchover.yml
lab_up 2
console() {
  psql "host=127.0.0.1 port=$(port "$1") user=pgcleave_admin dbname=pgbouncer" -v ON_ERROR_STOP=1 -qAt -F'|' -c "$2"
}
[ -n "$(console bouncer-1 'show config' | grep '^max_prepared_statements|[1-9]')" ] ||
  skip "this PgBouncer keeps no prepared statements (1.24 and later do by themselves)"

cat >"$scratch/writes.sql" <<'SQL'
insert into ci.counters (client, n, writes) values (1000 + :client_id, 1, 1) on conflict (client) do update
  set writes = ci.counters.writes + 1, stored_on = default;
select writes from ci.counters where client = 1000 + :client_id;
SQL
pgbench_pids=()
pgbench_begin() {  # a client keeps its connection, and so its statements, until it is ended
  local name
  for name in bouncer-1 bouncer-2; do
    (cd "$scratch" && exec pgbench -n -M prepared -c 4 -j 1 -R 100 -T 900 -P 1 --log --log-prefix="$name" \
      -f writes.sql "host=127.0.0.1 port=$(port "$name") user=app dbname=app") >"$scratch/$name.pgbench.out" 2>&1 &
    pgbench_pids+=($!)
  done
  sleep 3
}
transactions() { cat "$scratch"/bouncer-?.[0-9]* | wc -l; }
written() { source_sql "select sum(writes) from ci.counters where client >= 1000"; }
# stored_on CLUSTER: the clients whose last write was made there, as the target tells it
stored_on() { target_sql "select count(*) from ci.counters where client >= 1000 and stored_on = '$1'"; }
# All go on, and none has seen an error: a client that has is given up by pgbench, which says so.
all_go_on() {
  local pid before
  before=$(transactions)
  sleep 3
  for pid in "${pgbench_pids[@]}"; do kill -0 "$pid" 2>/dev/null || failed "pgbench ended $1"; done
  [ "$(transactions)" -gt $((before + 100)) ] || failed "$(($(transactions) - before)) transactions in three seconds $1"
  if grep -n 'error\|abort\|FATAL' "$scratch"/bouncer-?.pgbench.out >"$scratch/errors.out"; then
    failed "a client saw an error $1"
  fi
}
longest_ms() {
  awk 'BEGIN {most = 0} $3 > most {most = $3} END {printf "%.0f", most / 1000}' "$scratch"/bouncer-?.[0-9]*
}

pgbench_begin
all_go_on "before the switchover"
tool 0 run "$logical" -e "$environment" --approve go
all_go_on "after the switchover"
is "clients that write on the target" "$(stored_on ci)" 4
tool 0 rollback -e "$environment"
all_go_on "after the rollback"
for pid in "${pgbench_pids[@]}"; do kill "$pid"; wait "$pid" || true; done
[ "$(written)" -ge "$(transactions)" ] ||
  failed "$(transactions) transactions were acknowledged, the source has $(written) writes"
say "$(transactions) transactions with prepared statements, the longest took $(longest_ms) ms, no error"
say "ok"
