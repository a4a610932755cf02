title="an open transaction of a client keeps PAUSE from completing"
letter=D lasts=12 places="before_pause back_before_pause"
fault() { open_transaction 2 8; }
took_effect() { wait_for 5 sleeps_on_the_leaving_side "pg_sleep(8)"; }
had_effect() { [ "$exit_code" != 0 ]; }
heal() { wait "${others[-1]}" || true; }
