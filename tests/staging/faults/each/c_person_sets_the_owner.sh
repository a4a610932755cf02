title="a person sets the owner on the side that is about to be left to nobody, before the tool does"
letter=C places="paused back_paused"
fault() { leaving_sql "select setval('pgcleave.owner_ci', 0)" >/dev/null; }
took_effect() { [ "$(leaving_sql "select last_value from pgcleave.owner_ci")" = 0 ]; }
heal() {
  local owner=1
  [ "$direction" = run ] || owner=2
  look
  if [ "$serves" = nobody ]; then leaving_sql "select setval('pgcleave.owner_ci', $owner)" >/dev/null; fi
}
