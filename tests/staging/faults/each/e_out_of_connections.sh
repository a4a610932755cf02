title="the side that clients go to has no connections left"
letter=E lasts=8 places="before_take back_before_take"
fault() {
  local port=$target_port
  [ "$direction" = run ] || port=$source_port
  echo '\sleep 30 s' >"$work/sleep.sql"
  pgbench -n -c 290 -j 1 -T 30 -f "$work/sleep.sql" "host=127.0.0.1 port=$port user=app dbname=app" >"$work/pgbench.out" 2>&1 &
  hoarder=$!
  sleep 1.5
  hoard_port=$port
}
took_effect() { [ "$(psql "host=127.0.0.1 port=$hoard_port user=pgcleave dbname=app" -qtAc "select count(*) from pg_stat_activity where application_name = 'pgbench'")" -gt 200 ]; }
heal() { kill "$hoarder" 2>/dev/null || true; wait "$hoarder" 2>/dev/null || true; }
