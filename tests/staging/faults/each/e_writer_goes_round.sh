title="a writer in REPEATABLE READ goes round the bouncers, with its transaction open over the release"
letter=E lasts=6 places="paused back_paused"
fault() {
  psql "host=127.0.0.1 port=$(leaving_port) user=app dbname=app" -qtA \
    >"$work/bypass.out" 2>&1 <<<"begin isolation level repeatable read;
    insert into ci.build_log (client, n, line) values (-77, $(date +%s%N), 'round'); select pg_sleep(3); commit;" &
  others+=($!)
}
took_effect() { wait_for 5 sleeps_on_the_leaving_side "pg_sleep(3)"; }
