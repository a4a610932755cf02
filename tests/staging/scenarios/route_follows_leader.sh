#!/usr/bin/env bash
# Both routes are the leader's own address. A run takes it from Patroni, there and back. Between runs `follow` repoints
# the bouncers after each switchover inside a side, and leaves alone what a run holds or what points to the other side.
source "$(dirname "$0")/../scenario.sh"
source "$(dirname "$0")/../failover.sh"
lab_up 2
sed -i 's/^  route: .*/  route: leader/' "$environment"
is "routes that follow" "$(grep -c '^  route: leader$' "$environment")" 2
lead_to() {  # lead_to MEMBER: by file and process, within 20 s
  local number port wanted
  wanted=$(port "$1")
  for number in 1 2; do
    port=$(port "bouncer-$number")
    for _ in $(seq 200); do
      grep -qE "^app = .* port=$wanted " "$dir/bouncer-$number.ini" &&
        psql "host=127.0.0.1 port=$port user=pgcleave_admin dbname=pgbouncer" -qtAF '|' -c 'SHOW DATABASES' |
          grep -qE "^app\|127.0.0.1\|$wanted\|" && continue 2
      sleep 0.1
    done
    failed "bouncer-$number does not lead to $1"
  done
}
client_writes_on() {  # client_writes_on CLUSTER: through each bouncer, within 10 s
  local number port
  for number in 1 2; do
    port=$(port "bouncer-$number")
    for _ in $(seq 20); do
      seen=$(psql "host=127.0.0.1 port=$port user=app dbname=app" -qtAc \
        "insert into ci.projects (name) values ('follows ' || clock_timestamp())
           returning current_setting('cluster_name')" 2>"$scratch/client.out") && break
      sleep 0.5
    done
    is "who takes the write through bouncer-$number" "$seen" "$1"
  done
}

say "there and back"
tool 0 check -e "$environment"
load_begin --writers 6 --reconnect 2 --rate 20
tool 0 run "$runbook" -e "$environment" --approve go
lead_to ci-1
tool 0 rollback -e "$environment"
lead_to main-1
load_end 1
verify_clean source

say "with everything in place nothing is done; another side's server is left alone"
tool 0 follow -e "$environment" --once --json
is "what is done" "$(jq -c '[.serves, .repointed, .left]' "$scratch/tool.json")" '["source main",[],[]]'
sed -i "/^app = /s/port=$(port main-1) /port=$(port ci-1) /" "$dir/bouncer-1.ini"
tool 3 follow -e "$environment" --once
contains "$scratch/tool.json" "bouncer-1: points to 127.0.0.1:$(port ci-1), a server of the other side"
sed -i "/^app = /s/port=$(port ci-1) /port=$(port main-1) /" "$dir/bouncer-1.ini"

say "the source switches over, and back: the bouncers follow"
"$build/pgcleave" follow -e "$environment" --every 1s >"$scratch/follow.out" 2>&1 &
follower=$!
switch_over main-1 main-2
lead_to main-2
client_writes_on main
switch_over main-2 main-1
lead_to main-1
client_writes_on main
contains "$scratch/follow.out" "repointed: bouncer-2 from 127.0.0.1:$(port main-2)"

say "what a run holds is left to it"
runbook=$root/runbooks/logical-switchover.yml
held_at "before effect try whether" run "$runbook" --set pause_budget=60s
sed -i "/^app = /s/port=$(port main-1) /port=$(port main-2) /" "$dir/bouncer-2.ini"
tool 3 follow -e "$environment" --once
contains "$scratch/tool.json" "left as it is: bouncer-2: run r-"
contains "$scratch/tool.json" "holds the split"
sed -i "/^app = /s/port=$(port main-2) /port=$(port main-1) /" "$dir/bouncer-2.ini"
go_on
held_ends 0
lead_to ci-1

say "the target switches over after the split"
kill -0 "$follower" || failed "follow has ended"
contains "$scratch/follow.out" "target ci serves, at 127.0.0.1:$(port ci-1)"
switch_over ci-1 ci-2
lead_to ci-2
client_writes_on ci
began=$(date +%s%N)
kill -TERM "$follower"
wait "$follower" || failed "follow ends with $?"
[ $(($(date +%s%N) - began)) -lt 2000000000 ] || failed "follow takes its time to end"
say "ok"
