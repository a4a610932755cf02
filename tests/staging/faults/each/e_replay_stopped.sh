title="the standby stops replaying"
letter=E lasts=8 places="paused released" runbooks=promote-standby
fault() {
  psql "host=127.0.0.1 port=$target_port user=pgcleave dbname=app" -qtAc "select pg_wal_replay_pause()" >/dev/null
}
took_effect() {
  [ "$(psql "host=127.0.0.1 port=$target_port user=pgcleave dbname=app" -qtAc "select pg_is_wal_replay_paused()")" = t ]
}
heal() {
  psql "host=127.0.0.1 port=$target_port user=pgcleave dbname=app" -qtAc "select pg_wal_replay_resume()" \
    >/dev/null 2>&1 || true
}
