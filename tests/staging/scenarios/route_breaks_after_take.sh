#!/usr/bin/env bash
# The new route breaks right after ownership was taken. The run says that clients are not served. A rollback does not
# need that route: it brings clients back to the source within the budget and two seconds more, nothing lost. `resume`
# goes on with a corrected route.
source "$(dirname "$0")/../scenario.sh"
lab_up 2
source "$root/tests/staging/route_proxy.sh"
proxy_start
route_by_proxy
switchover=$root/runbooks/logical-switchover.yml
through_bouncer() {
  timeout "$1" psql "host=127.0.0.1 port=$(port bouncer-1) user=app dbname=app" -qtAc "show cluster_name" 2>/dev/null
}

# split_with_broken_route SIGNAL: the proxy gets it as soon as the target owns. Behind a route that is silent a
# transaction stays open.
split_with_broken_route() {
  load_begin --writers 8 --reconnect 2 --rate 20
  (
    until [ "$(owner_on_target 2>/dev/null)" = 2 ]; do :; done
    if [ "$1" = STOP ]; then
      printf '%s\n' "begin; lock table ci.builds in row exclusive mode;" "\\! kill -s STOP $proxy" "\\! sleep 60" |
        psql "host=127.0.0.1 port=$proxy_port user=app dbname=app" -qtA >/dev/null 2>&1
    else
      kill -s "$1" "$proxy"
    fi
  ) &
  tool 8 run "$switchover" -e "$environment" --approve go
  contains "$scratch/tool.out" "target ci owns the moved tables; clients are NOT SERVED through bouncer-1"
  contains "$scratch/tool.out" "pgcleave rollback"
  [ "$(through_bouncer 2)" != ci ] || failed "the route did not break"
}

# goes_back WORDS...: that rollback, and how long it takes until a client is served by the source
goes_back() {
  local began ms code=0 rollback
  began=$(date +%s%N)
  "$build/pgcleave" rollback -e "$environment" "$@" >"$scratch/back.json" 2>"$scratch/back.out" &
  rollback=$!
  until [ "$(through_bouncer 10)" = main ]; do
    kill -0 "$rollback" 2>/dev/null || break
  done
  ms=$((($(date +%s%N) - began) / 1000000))
  wait "$rollback" || code=$?
  is "exit code of the rollback" "$code" 0
  contains "$scratch/back.out" "source main owns the moved tables; clients do not wait"
  [ "$ms" -le 7000 ] || failed "clients were served after $ms ms, 7000 are allowed"
  say "clients were served $ms ms after the rollback was typed"
  load_end 1
  verify_clean source errors
}

say "nobody listens there any more"
split_with_broken_route KILL
goes_back
proxy_start "$proxy_port"

say "whoever listens there is silent"
split_with_broken_route STOP
goes_back --emergency
contains "$scratch/back.out" "left out, by --emergency"
contains "$scratch/back.out" "; by --emergency without "
grep -q "by --emergency without .*back_ready" "$scratch/back.out" ||
  failed "the rollback does not say what it went without"
kill -KILL "$proxy"
proxy_start "$proxy_port"

say "a run that stopped goes on with another route"
split_with_broken_route KILL
tool 0 resume -e "$dir/environment.yml"
contains "$scratch/tool.out" "target ci owns the moved tables; clients do not wait"
is "clients land on" "$(through_bouncer 5)" ci
load_end 1
verify_clean target errors
tool 0 rollback -e "$dir/environment.yml"
is "owner on the source" "$(owner_on_source)" 1
say "ok"
