#!/usr/bin/env bash
# Users are blocked and services stopped, people test by hand. The rollback names the test writes and wants it in words
# that they are given up; after it the source serves without them, with sequences ahead. Then once more, and this time
# to the end.
source "$(dirname "$0")/../scenario.sh"
lab_up
runbook=$root/runbooks/maintenance-window.yml
words="give up 37 rows of ci.counters"

# The edge: a POST to /block and /unblock is remembered, in its order.
cat >"$scratch/edge.py" <<'PYTHON'
import http.server, sys
class Edge(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        with open(sys.argv[2], "a") as log: log.write("edge " + self.path + "\n")
        self.send_response(204); self.end_headers()
    def log_message(self, *words): pass
server = http.server.HTTPServer(("127.0.0.1", 0), Edge)
with open(sys.argv[1], "w") as port: port.write(str(server.server_address[1]) + "\n")
server.serve_forever()
PYTHON
python3 "$scratch/edge.py" "$scratch/port" "$scratch/told" &
wait_for_file "$scratch/port"
sleep 0.2
edge=http://127.0.0.1:$(cat "$scratch/port")

# The services: the load, which the stop command ends; the start command leaves word.
cat >"$scratch/stop-services" <<SH
#!/bin/sh
echo stop >> "$scratch/told"
if [ -s "$scratch/load.pid" ]; then kill -TERM "\$(cat "$scratch/load.pid")" 2>/dev/null; fi
while [ -s "$scratch/load.pid" ] && kill -0 "\$(cat "$scratch/load.pid")" 2>/dev/null; do sleep 0.05; done
: > "$scratch/load.pid"
SH
printf '#!/bin/sh\necho start >> "%s"\n' "$scratch/told" >"$scratch/start-services"
chmod +x "$scratch"/*-services
services_run() { # in the background, until the stop command ends them
  load_begin --writers 6 --reconnect 2 --rate 20
  echo "$load_pid" >"$scratch/load.pid"
}
told() { tr '\n' ',' <"$scratch/told"; }
set_all=(--set "stop_services=[$scratch/stop-services]" --set "start_services=[$scratch/start-services]"
  --set "block_url=$edge/block" --set "unblock_url=$edge/unblock")
rows() { echo "$($1 "select count(*) from ci.counters where client < 0")"; }
sequence() { $1 "select last_value from ci.pipelines_id_seq"; }

say "the shipped file runs as it is; nobody is called"
tool 0 validate "$runbook"
tool 6 run "$runbook" -e "$environment" --approve go
contains "$scratch/tool.out" "may it be opened"
is "what the edge and the services were told" "$(cat "$scratch/told" 2>/dev/null || true)" ""
is "owner on the target" "$(owner_on_target)" 2
tool 0 rollback -e "$environment"  # nothing was written, so nobody is asked
contains "$scratch/tool.out" "no write was left behind"
is "state" "$(status .state)" "rolled back"

say "with services and an edge"
services_run
: >"$scratch/told"
tool 6 run "$runbook" -e "$environment" "${set_all[@]}" --approve go
is "told" "$(told)" "edge /block,stop,"
is "state" "$(status .state)" "waiting for approval"
is "owner on the target" "$(owner_on_target)" 2
verify_clean target

say "people test on the target; what they write is named by the rollback, and given up only in words"
target_sql "insert into ci.counters (client, n) select -i, 0 from generate_series(1, 37) i"
for _ in 1 2 3; do target_sql "select nextval('ci.pipelines_id_seq')" >/dev/null; done
test_sequence=$(sequence target_sql)
tool 6 rollback -e "$environment"
contains "$scratch/tool.out" "37 rows of ci.counters were written on target ci since its promotion at"
contains "$scratch/tool.out" "ci.counters 37 (moved)"
contains "$scratch/tool.out" "to approve, type: $words"
contains "$scratch/tool.out" "--words"
tool 2 approve "$(status .run)" give_up -e "$environment"
tool 2 approve "$(status .run)" give_up --words "yes" -e "$environment"
contains "$scratch/tool.out" "asks for other words"
tool 6 resume -e "$environment"
tool 3 resume -e "$environment" --approve give_up
tool 3 rollback -e "$environment" --approve "give_up=Give up the test writes"
is "owner on the target after all that" "$(owner_on_target)" 2
is "test writes after all that" "$(rows target_sql)" 37
is "told" "$(told)" "edge /block,stop,"
is "no file is staged" "$(test -e "$dir/bouncer-1.ini.pgcleave" && echo staged)" ""
say "a refused rollback leaves the run where it was: it still asks whether the target may be opened"
tool 6 resume -e "$environment"
contains "$scratch/tool.out" "may it be opened"

say "the words are typed"
tool 6 rollback -e "$environment"
tool 0 approve "$(status .run)" give_up --words "$words" -e "$environment"
tool 0 resume -e "$environment"
"$build/pgcleave" log -e "$environment" --json >"$scratch/log.json"
contains "$scratch/tool.out" "without 37 rows of ci.counters"
is "the journal has the words" \
  "$(jq -r 'select(.type == "gate.approved" and .data.step == "give_up") | .data.words' "$scratch/log.json" |
    tail -n 1)" "$words"
is "told" "$(told)" "edge /block,stop,edge /block,stop,start,edge /unblock,"
is "owner on the source" "$(owner_on_source)" 1
is "test writes on the source" "$(rows source_sql)" 0
is "test writes on the target, which is a standby again" "$(rows target_sql)" 0
[ "$(sequence source_sql)" -ge $((test_sequence + 1000)) ] ||
  failed "the sequence is at $(sequence source_sql), not 1000 above $test_sequence"
services_run
load_end 1
verify_clean source

say "once more, and to the end"
services_run
: >"$scratch/told"
tool 6 run "$runbook" -e "$environment" "${set_all[@]}" --approve go
tool 0 approve "$(status .run)" tested -e "$environment"
tool 0 resume -e "$environment"
is "told" "$(told)" "edge /block,stop,start,edge /unblock,"
is "state" "$(status .state)" "done"
services_run
load_end 1
verify_clean target
say "ok"
