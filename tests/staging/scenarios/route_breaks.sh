#!/usr/bin/env bash
# The new route breaks while clients wait, after it was tried: the window is undone before ownership is taken, and
# clients go on at the source.
source "$(dirname "$0")/../scenario.sh"
lab_up 2
source "$root/tests/staging/route_proxy.sh"
proxy_start
route_by_proxy

load_begin --writers 8 --reconnect 2 --rate 20
# Paused: the route was tried for the last time.
(
  while ! psql "host=127.0.0.1 port=$(port bouncer-1) user=pgcleave_admin dbname=pgbouncer" -qtA -F ' ' \
    -c 'SHOW DATABASES' 2>/dev/null |
    grep -q '^app .* 1 0$'; do :; done
  kill "$proxy"
) &
tool 4 run "$runbook" -e "$environment" --approve go --set pause_budget=20s
contains "$scratch/tool.out" "gave up waiting until target ci's leader answers at its route"
contains "$scratch/tool.out" "the window was undone"
kill -0 "$proxy" 2>/dev/null && failed "the route never broke"
is "owner on the source" "$(owner_on_source)" 1
load_end 1
verify_clean source
tool 0 rollback -e "$environment"
say "ok"
