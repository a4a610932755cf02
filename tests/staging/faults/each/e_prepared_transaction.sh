title="a prepared transaction holds rows of a moved table"
letter=E lasts=6 places="gate paused"
fault() {
  psql "host=127.0.0.1 port=$source_port user=app dbname=app" -qtA >"$work/prepared.out" 2>&1 \
    -c "begin; insert into ci.build_log (client, n, line) values (-78, $(date +%s%N), 'prepared');
      prepare transaction 'fault'"
}
took_effect() { [ "$(source_sql "select count(*) from pg_prepared_xacts where gid = 'fault'")" = 1 ]; }
heal() {
  psql "host=127.0.0.1 port=$source_port user=pgcleave dbname=app" -qtAc "rollback prepared 'fault'" \
    >/dev/null 2>&1 || true
}
