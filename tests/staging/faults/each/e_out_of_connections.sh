title="the side that clients go to has no connections left"
letter=E lasts=8 places="before_take back_before_take"
on_the_side() { psql "host=127.0.0.1 port=$hoard_port user=$1 dbname=app" -qtAc "$2" 2>>"$work/sql.out"; }
hoarded() { on_the_side pgcleave "select count(*) from pg_stat_activity where application_name = 'pgbench'"; }
is_refused() { ! on_the_side app "select 1" >/dev/null; }
all_but_some_are_taken() { [ "$(hoarded)" -ge "$most_of_them" ]; }
hoard() {  # hoard CONNECTIONS THREADS: without a transaction, so that they are gone when it is killed
  pgbench -n -c "$1" -j "$2" -T 30 -f "$work/sleep.sql" "host=127.0.0.1 port=$hoard_port user=app dbname=app" \
    >"$work/pgbench.out" 2>&1 &
  hoarders+=($!)
}
fault() {
  local n
  hoard_port=$target_port hoarders=()
  [ "$direction" = run ] || hoard_port=$source_port
  echo '\sleep 30 s' >"$work/sleep.sql"
  # pgbench gives back all that it has when it is refused one: it takes most, and some that come singly the rest.
  most_of_them=$(on_the_side pgcleave \
    "select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
      - count(*) - 8
    from pg_stat_activity where backend_type = 'client backend'")
  hoard "$most_of_them" 4
  wait_for 10 all_but_some_are_taken
  for n in {1..40}; do
    if is_refused; then return; fi
    hoard 1 1
    sleep 0.1
  done
  return 1
}
took_effect() { all_but_some_are_taken && is_refused; }
heal() { kill "${hoarders[@]}" 2>/dev/null || true; wait "${hoarders[@]}" 2>/dev/null || true; }
