title="a bouncer is set to session pooling before the window"
letter=D places="gate back_prepare" lasts=10
fault() { sed -i 's/^pool_mode *=.*/pool_mode = session/' "$dir/bouncer-2.ini"; console 2 reload; }
took_effect() { mode_is session; }
had_effect() { [ "$exit_code" != 0 ]; }  # refused, or PAUSE never completes
heal() {
  sed -i 's/^pool_mode *=.*/pool_mode = transaction/' "$dir/bouncer-2.ini"
  console 2 reload
  wait_for 5 mode_is transaction
}
mode_is() { console 2 "show config" | grep -q "^pool_mode|$1|"; }
