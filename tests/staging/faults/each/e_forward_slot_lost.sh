title="the slot of forward replication is lost before the window"
letter=E lasts=10 places="gate" runbooks=logical-switchover
fault() {
  source_sql "select pg_terminate_backend(active_pid) from pg_replication_slots
    where slot_name = 'pgcleave_ci_forward' and active_pid is not null" >/dev/null || true
  wait_for 5 source_sql "select pg_drop_replication_slot('pgcleave_ci_forward')" >/dev/null
}
took_effect() {
  [ "$(source_sql "select count(*) from pg_replication_slots where slot_name = 'pgcleave_ci_forward'")" = 0 ]
}
had_effect() { [ "$exit_code" != 0 ] || broken "the run ended well without the slot of forward replication"; }
always_roll_back=yes
