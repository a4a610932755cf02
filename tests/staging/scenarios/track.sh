#!/usr/bin/env bash
# Numbers of both sides, the pools and a Prometheus are kept beside the journal: by `track`, and by every run while it
# runs.
source "$(dirname "$0")/../scenario.sh"
lab_up 2
load_begin --writers 8 --reconnect 2

say "a Prometheus that knows one number"
cat >"$scratch/prometheus.py" <<'PY'
import http.server, sys
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
        series = b'{"metric":{},"value":[1,"12.5"]}'
        self.wfile.write(b'{"status":"success","data":{"resultType":"vector","result":[' + series + b']}}')
    def log_message(self, *words): pass
server = http.server.HTTPServer(("127.0.0.1", 0), Answer)
print(server.server_port, flush=True)
server.serve_forever()
PY
/usr/bin/python3 "$scratch/prometheus.py" >"$scratch/port" &
for _ in $(seq 100); do [ -s "$scratch/port" ] && break; sleep 0.05; done
printf 'prometheus: {url: "http://127.0.0.1:%s", queries: {cpu: "avg(x)"}}\n' "$(cat "$scratch/port")" >>"$environment"

samples() { sqlite3 "$dir/journal.db.samples" "$1"; }

say "track"
tool 0 track -e "$environment" --every 500ms --for 4s --json
[ "$(wc -l <"$scratch/tool.json")" -ge 6 ] || failed "only $(wc -l <"$scratch/tool.json") rounds"
is "scopes" "$(jq -r '[.samples[].scope] | unique | join(",")' <(tail -n 1 "$scratch/tool.json"))" \
  "pool app at bouncer-1,pool app at bouncer-2,prometheus,source,target"
jq -se 'last.samples | map({key: (.scope + " " + .name), value}) | from_entries
  | ."source commits_per_s" > 50 and ."source wal_bytes_per_s" > 1000 and ."source lag_bytes.ci-1" >= 0
    and ."pool app at bouncer-1 transactions_per_s" > 10
    and ."prometheus cpu" == 12.5 and ."target connections" >= 0' "$scratch/tool.json" >/dev/null ||
  failed "numbers are missing or odd"
is "mode of the file" "$(stat -c %a "$dir/journal.db.samples")" 600

say "for people, ended by ctrl-C"
"$build/pgcleave" track -e "$environment" --every 200ms >"$scratch/lines.out" 2>&1 &
tracking=$!
sleep 2
kill -INT "$tracking"
code=0; wait "$tracking" || code=$?
is "exit code after ctrl-C" "$code" 0
[ "$(grep -c 'commits/s' "$scratch/lines.out")" -ge 4 ] || failed "hardly a line"

say "a side that is away is said once, and again when it answers"
"$lab" stop bouncer-2 --dir "$dir" >/dev/null
"$build/pgcleave" track -e "$environment" --every 300ms >"$scratch/away.out" 2>&1 &
tracking=$!
sleep 2.5
"$lab" cont bouncer-2 --dir "$dir" >/dev/null
sleep 2
kill -INT "$tracking"
wait "$tracking" || failed "track does not end well"
said=$(grep -c 'pool app at bouncer-2' "$scratch/away.out")
[ "$said" -ge 2 ] && [ "$said" -le 4 ] || failed "it was said $said times"
contains "$scratch/away.out" "pool app at bouncer-2: answers again"

say "a run keeps samples of its own"
tool 0 run "$runbook" -e "$environment" --approve go
run=$(status .run)
[ "$(samples "select count(distinct at_us) from sample where run = '$run'")" -ge 2 ] || failed "no samples of the run"
[ "$(samples "select count(distinct scope) from sample where run = '$run'")" = 5 ] || failed "scopes are missing"

say "and does without when it can't"
cp "$dir/journal.db.samples" "$scratch/kept.samples"
rm -f "$dir/journal.db.samples" "$dir/journal.db.samples-wal" "$dir/journal.db.samples-shm"
echo "not samples at all, and long enough to be read" >"$dir/journal.db.samples"
tool 0 rollback -e "$environment"
is "how often it was said" "$(grep -c 'no samples are kept of this run' "$scratch/tool.out")" 1
is "what stands there" "$(cut -c1-11 "$dir/journal.db.samples")" "not samples"
load_end 1
verify_clean source

say "no password in the samples"
while IFS= read -r password; do
  if strings "$scratch/kept.samples" | grep -qF -- "$password"; then failed "a password is in the samples"; fi
done < <(cut -d: -f5 "$dir/passfile" "$dir/server.passfile" | sort -u; cat "$dir/rest.password")
say "ok"
