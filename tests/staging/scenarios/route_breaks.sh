#!/usr/bin/env bash
# The new route breaks while clients wait, after it was tried: the window is undone before ownership is taken, and clients go on at the source.
source "$(dirname "$0")/../scenario.sh"
lab_up 2
port() { jq -r --arg name "$1" '(.members[], .bouncers[]) | select(.name == $name) | .postgres_port // .port' "$dir/lab.json"; }
cat >"$scratch/proxy.py" <<'END'
import socket, sys, threading
def copy(a, b):
    try:
        while data := a.recv(65536): b.sendall(data)
    except OSError: pass
    for s in (a, b):
        try: s.shutdown(socket.SHUT_RDWR)
        except OSError: pass
here = socket.create_server(("127.0.0.1", 0))
print(here.getsockname()[1], flush=True)
while True:
    a, _ = here.accept()
    b = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    for pair in ((a, b), (b, a)): threading.Thread(target=copy, args=pair, daemon=True).start()
END
ci=$(port ci-1)
python3 "$scratch/proxy.py" "$ci" >"$scratch/proxy.port" &
proxy=$!
for _ in $(seq 100); do [ -s "$scratch/proxy.port" ] && break; sleep 0.1; done
sed "/^target:/,/^pools:/{s/route: {host: 127.0.0.1, port: $ci}/route: {host: 127.0.0.1, port: $(cat "$scratch/proxy.port")}/
  s/replication: {/replication: {host: 127.0.0.1, port: $ci, /}" "$environment" >"$scratch/environment.yml"
cp "$dir/split.yml" "$scratch/"
environment=$scratch/environment.yml

load_begin --writers 8 --reconnect 2 --rate 20
# Paused: the route was tried for the last time.
(
  while ! psql "host=127.0.0.1 port=$(port bouncer-1) user=pgcleave_admin dbname=pgbouncer" -qtA -F ' ' -c 'SHOW DATABASES' 2>/dev/null |
    grep -q '^app .* 1 0$'; do :; done
  kill "$proxy"
) &
tool 4 run "$runbook" -e "$environment" --approve go
contains "$scratch/tool.out" "gave up waiting until target ci's leader answers at its route"
contains "$scratch/tool.out" "the window was undone"
kill -0 "$proxy" 2>/dev/null && failed "the route never broke"
is "owner on the source" "$(owner_on_source)" 1
load_end 1
verify_clean source
tool 0 rollback -e "$environment"
say "ok"
