title="a person pauses the target's cluster, as patronictl pause does"
letter=C places="prepare paused captured promote back_released back_then" lasts=6
fault() { rest ci-1 PATCH /config '{"pause": true}' >>"$work/lab.out"; }
took_effect() { rest ci-1 GET /config | jq -e '.pause == true' >/dev/null; }
heal() { rest ci-1 PATCH /config '{"pause": null}' >>"$work/lab.out"; }
