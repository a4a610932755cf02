title="an open transaction of a client keeps PAUSE from completing"
letter=D lasts=12 places="before_pause back_before_pause"
fault() { open_transaction 2 8; sleep 0.4; }
took_effect() { kill -0 "${others[-1]}"; }
had_effect() { [ "$exit_code" != 0 ]; }
heal() { wait "${others[-1]}" || true; }
