# A target whose clients come by a proxy, so that its route can break while replication goes another way. Sourced after
# scenario.sh.

cat >"$scratch/proxy.py" <<'END'
import socket, sys, threading
def copy(a, b):
    try:
        while data := a.recv(65536): b.sendall(data)
    except OSError: pass
    for s in (a, b):
        try: s.shutdown(socket.SHUT_RDWR)
        except OSError: pass
here = socket.create_server(("127.0.0.1", int(sys.argv[2])))
print(here.getsockname()[1], flush=True)
while True:
    a, _ = here.accept()
    b = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    for pair in ((a, b), (b, a)): threading.Thread(target=copy, args=pair, daemon=True).start()
END

# proxy_start [PORT]: sets proxy, proxy_port
proxy_start() {
  rm -f "$scratch/proxy.port"
  python3 "$scratch/proxy.py" "$(port ci-1)" "${1:-0}" >"$scratch/proxy.port" &
  proxy=$!
  for _ in $(seq 100); do [ -s "$scratch/proxy.port" ] && break; sleep 0.1; done
  proxy_port=$(cat "$scratch/proxy.port")
}

# An environment file with the proxy as the target's route; the lab's own has the direct one.
route_by_proxy() {
  local ci
  ci=$(port ci-1)
  sed "/^target:/,/^pools:/{s/route: {host: 127.0.0.1, port: $ci}/route: {host: 127.0.0.1, port: $proxy_port}/
    s/replication: {/replication: {host: 127.0.0.1, port: $ci, /}" "$dir/environment.yml" >"$scratch/environment.yml"
  cp "$dir/split.yml" "$scratch/"
  environment=$scratch/environment.yml
}
