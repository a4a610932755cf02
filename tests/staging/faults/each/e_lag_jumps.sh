title="somebody writes 200 MB of WAL at once"
letter=E places="gate paused back_prepare back_paused" lasts=30
fault() {
  before=$(leaving_sql "select pg_current_wal_lsn()")
  leaving_sql "select count(pg_logical_emit_message(false, 'faults', repeat('x', 1000000)))
    from generate_series(1, 200)" >/dev/null &
  others+=($!)
  sleep 0.2
}
took_effect() { wait_for 20 written; }
heal() { wait "${others[-1]}" || true; }
written() { [ "$(leaving_sql "select pg_current_wal_lsn() - '$before'::pg_lsn > 50000000")" = t ]; }
