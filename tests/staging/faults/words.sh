# What fault files and the driver speak with: the lab, its servers, its links, both sides and the bouncers. Nothing here
# is pgcleave's.

# ---- the lab -------------------------------------------------------------------------------------------------------
lab_up() {
  local attempt
  for attempt in 1 2 3; do  # on a machine that is busy it may take longer than the lab is ready to wait
    lab_number=$((lab_number + 1))
    dir=$work/lab-$lab_number
    if "$lab" up --proxies ${address:+--at "$address"} --dir "$dir" >/dev/null 2>"$work/up.out"; then break; fi
    "$lab" down --dir "$dir" >/dev/null 2>&1 || true
    [ "$attempt" != 3 ] || fatal "the lab does not come up: $(tail -n 2 "$work/up.out")"
  done
  eval "$("$lab" env --dir "$dir")"
  export PGCONNECT_TIMEOUT=3

  ports_of_scope() { jq -r "[.members[] | select(.scope == \"$1\").postgres_port] | join(\",\")" "$dir/lab.json"; }
  source_hosts="host=127.0.0.1,127.0.0.1 port=$(ports_of_scope main) user=pgcleave dbname=app"
  target_hosts="host=127.0.0.1,127.0.0.1 port=$(ports_of_scope ci) user=pgcleave dbname=app"
  source_port=$(jq '.members[] | select(.name == "main-1").postgres_port' "$dir/lab.json")
  target_port=$(jq '.members[] | select(.name == "ci-1").postgres_port' "$dir/lab.json")
  readarray -t bouncer_ports < <(jq '.bouncers[] | select(.pool == "moved").port' "$dir/lab.json")
  environment=$dir/environment.yml
  journal_folder=$dir/journal
  mkdir -m 700 "$journal_folder"
  journal_is_small=no
  if mount -t tmpfs -o size=48m,mode=700 faults "$journal_folder" 2>/dev/null; then journal_is_small=yes; fi
  journal=$journal_folder/journal.db
  sed -i "s|^journal: .*|journal: $journal|" "$environment"
}
lab_down() {
  if mountpoint -q "$journal_folder" 2>/dev/null; then
    mkdir -p "$dir/kept-journal" && cp -a "$journal_folder"/. "$dir/kept-journal/"
    umount -l "$journal_folder"
  fi
  "$lab" down --dir "$dir" ${1:+"$1"} >/dev/null 2>&1 || true
}

# ---- the network that the tool's host is on: a namespace with a cable of its own, where root may make one ------------
# Sets address (of the proxies on it), cable, and tool and weak_tool: how pgcleave is called.
net_up() {
  local n
  net="" cable="" address="" on_its_host=()
  if [ "$(id -u)" = 0 ] && command -v ip >/dev/null && command -v nsenter >/dev/null; then
    for n in 1 2 3 4 5 6 7 8 9; do
      ip netns add "pgcleave-$n" 2>/dev/null || continue
      if ip link add "pgcleave-$n" type veth peer name eth0 netns "pgcleave-$n" &&
        ip addr add "10.77.$n.1/30" dev "pgcleave-$n" &&
        ip link set "pgcleave-$n" up && ip -n "pgcleave-$n" addr add "10.77.$n.2/30" dev eth0 &&
        ip -n "pgcleave-$n" link set eth0 up &&
        ip -n "pgcleave-$n" link set lo up; then
        net=pgcleave-$n cable=pgcleave-$n address=10.77.$n.1 on_its_host=(nsenter "--net=/run/netns/pgcleave-$n")
        break
      fi
      ip netns del "pgcleave-$n"
    done
  fi
  tool=("${on_its_host[@]}" "$build/pgcleave") weak_tool=("${on_its_host[@]}" "$build/pgcleave-faulty")
}
net_down() { [ -z "$net" ] || ip netns del "$net"; }
retransmitted() {
  "${on_its_host[@]}" awk \
    '/^Tcp:/ { if (n++) print $at; else for (i = 1; i <= NF; i++) if ($i == "RetransSegs") at = i }' /proc/net/snmp
}

# ---- servers -------------------------------------------------------------------------------------------------------
pid_of() {
  case $1 in
    *.postgres) head -n 1 "$dir/data/${1%.postgres}/postmaster.pid" 2>/dev/null ;;
    *) jq -r ".servers[] | select(.name == \"$1\").pid" "$dir/lab.json" ;;
  esac
}
freeze() { "$lab" stop "$1" --dir "$dir" 2>>"$work/lab.out"; }
thaw() { "$lab" cont "$1" --dir "$dir" 2>>"$work/lab.out" || true; }
is_frozen() { [ "$(awk '{print $3}' "/proc/$(pid_of "$1")/stat")" = T ]; }
crash() { crashed_pid=$(pid_of "$1"); "$lab" kill "$1" --dir "$dir" 2>>"$work/lab.out"; }
restart() { "$lab" restart "$1" --dir "$dir" >>"$work/lab.out" 2>&1; }
has_crashed() { [[ "$(awk '{print $3}' "/proc/$crashed_pid/stat" 2>/dev/null)" =~ ^[ZX]?$ ]]; }  # a zombie has

# ---- links between pgcleave and a server ----------------------------------------------------------------------------
spoil() { "$lab" fault --dir "$dir" --link "$1" --do "$2" "${@:3}" >>"$work/lab.out"; }
heal_link() { "$lab" fault --dir "$dir" --link "$1" --do heal >>"$work/lab.out"; }
hits() { "$lab" fault --dir "$dir" --link "$1" --do hits | jq '.bytes + .connections + .requests'; }
was_hit() { [ "$(hits "$1")" -gt 0 ]; }

# ---- both sides ----------------------------------------------------------------------------------------------------
source_sql() { psql "$source_hosts target_session_attrs=primary" -v ON_ERROR_STOP=1 -qtAc "$1" 2>>"$work/sql.out"; }
target_sql() {
  psql "$target_hosts target_session_attrs=primary" -v ON_ERROR_STOP=1 -qtAc "$1" 2>>"$work/sql.out" ||
    psql "$target_hosts target_session_attrs=any" -v ON_ERROR_STOP=1 -qtAc "$1" 2>>"$work/sql.out"
}
# A fault is about the side that the tool is about to leave or to reach, whichever way it goes.
leaving_member() { [ "$direction" = run ] && echo main-1 || echo ci-1; }
reached_member() { [ "$direction" = run ] && echo ci-1 || echo main-1; }
leaving_sql() { if [ "$direction" = run ]; then source_sql "$1"; else target_sql "$1"; fi; }
leaving_port() { [ "$direction" = run ] && echo "$source_port" || echo "$target_port"; }
sleeps_on_the_leaving_side() {  # a client there is in a transaction that runs this
  [ "$(leaving_sql "select count(*) from pg_stat_activity
    where query like '%$1%' and state = 'active' and pid <> pg_backend_pid()")" -gt 0 ]
}

rest_port() { jq ".members[] | select(.name == \"$1\").rest_port" "$dir/lab.json"; }
rest() {  # rest MEMBER METHOD PATH [BODY]
  curl -s -m 8 -X "$2" -u "pgcleave:$(cat "$dir/rest.password")" -H 'Content-Type: application/json' ${4:+-d "$4"} \
    "http://127.0.0.1:$(rest_port "$1")$3"
}
role_of() { curl -s -m 3 "http://127.0.0.1:$(rest_port "$1")/patroni" | jq -r '.role // empty'; }
switch_over() {  # switch_over SCOPE FROM TO: as patronictl switchover does
  rest "$2" POST /switchover "{\"leader\": \"$2\", \"candidate\": \"$3\"}" >>"$work/lab.out"
}
wait_for() {  # wait_for SECONDS COMMAND...
  local until=$((SECONDS + $1))
  shift
  until "$@"; do [ $SECONDS -lt $until ] || return 1; sleep 0.1; done
}
is_leader() { [[ $(role_of "$1") =~ ^(master|primary|standby_leader)$ ]]; }

# ---- an asynchronous failover --------------------------------------------------------------------------------------
# A replica hears no more, then its leader dies, and Patroni promotes the replica without the last commits.
server_of() {
  local port
  port=$(jq ".members[] | select(.name == \"$1\").postgres_port" "$dir/lab.json")
  psql "host=127.0.0.1 port=$port user=pgcleave dbname=app" -qtAc "$2" 2>>"$work/sql.out"
}
has_replayed() { [ "$(server_of "$1" "select pg_last_wal_replay_lsn() >= '$2'")" = t ]; }
# cut_off REPLICA LEADER: from now on it hears nothing, and its leader still takes it for a standby that streams. What
# was acknowledged before the moment in $work/cut_us, it has.
cut_off() {
  local lsn us
  us=$(now_us)
  lsn=$(server_of "$2" \
    "select case when pg_is_in_recovery() then pg_last_wal_receive_lsn() else pg_current_wal_flush_lsn() end")
  wait_for 20 has_replayed "$1" "$lsn" || return 1
  freeze "$1.postgres"
  freeze "$1"
  echo "$us" >"$work/cut_us"
}
# cut_off_at POINT REPLICA LEADER, in the background: when the tool comes by that point, which is before the one it is
# held at
cut_off_at() {
  local until=$((SECONDS + 120))
  until grep -qs "$1" "$points"; do [ $SECONDS -lt $until ] || return 1; sleep 0.02; done
  cut_off "$2" "$3"
}
is_cut_off() { [ -e "$work/cut_us" ]; }
# lags_may_lead MEMBER: of the cluster of this member
lags_may_lead() {
  rm -f "$work/cut_us"
  rest "$1" PATCH /config '{"maximum_lag_on_failover": 1073741824}' >>"$work/lab.out"
}
# The key of a dead leader expires after 30 s. Nothing is shown by waiting for that.
forget_leader() {
  curl -s -m 8 "http://127.0.0.1:$(jq .etcd.client_port "$dir/lab.json")/v3/kv/deleterange" \
    -d "{\"key\": \"$(printf '/service/%s/leader' "$1" | base64 -w 0)\"}" >>"$work/lab.out"
}
# fails_over SCOPE LEADER REPLICA: the leader is killed, with its Patroni; the replica, cut off before, is promoted
fails_over() {
  wait_for 25 is_cut_off || return 1
  crash "$2"
  crash "$2.postgres"
  # Nobody can commit until the replica is thawed. What the leader acknowledged before may be on its way to a client.
  sleep 1
  may_be_lost+=(--may-be-lost "$1:$(cat "$work/cut_us"):$(now_us)")
  thaw "$3.postgres"
  thaw "$3"
  forget_leader "$1"
  wait_for 90 is_leader "$3"
}
is_replica() {
  [ "$(role_of "$1")" = replica ] &&
    [ "$(curl -s -m 2 "http://127.0.0.1:$(rest_port "$1")/patroni" | jq -r .state)" = running ]
}
# leads_again SCOPE LEADER REPLICA: the old leader is rewound; then somebody brings it back, since the bouncers' route
# is its address
leads_again() {
  restart "$2"
  wait_for 90 is_replica "$2" || return 1
  local n
  for n in 1 2 3; do switch_over "$1" "$3" "$2"; wait_for 10 is_leader "$2" && return; done
}

# ---- bouncers ------------------------------------------------------------------------------------------------------
console() {
  psql "host=127.0.0.1 port=${bouncer_ports[$(($1 - 1))]} user=pgcleave_admin dbname=pgbouncer" -qAtc "$2" \
    2>>"$work/sql.out"
}
pool_of() {  # port and paused, as bouncer N has them now
  psql "host=127.0.0.1 port=${bouncer_ports[$(($1 - 1))]} user=pgcleave_admin dbname=pgbouncer" -qA -F'|' \
    -c "show databases" 2>>"$work/sql.out" |
    awk -F'|' 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i } $1 == "app" { print $at["port"] " " $at["paused"] }'
}
# A transaction of a client through bouncer N that stays open for some seconds.
open_transaction() {
  psql "host=127.0.0.1 port=${bouncer_ports[$(($1 - 1))]} user=app dbname=app" -qtA >>"$work/sql.out" 2>&1 \
    <<<"begin; select 1; select pg_sleep($2); commit;" &
  others+=($!)
}

# ---- time ----------------------------------------------------------------------------------------------------------
now_us() { date +%s%6N; }
fatal() { echo "faults: $*" >&9; exit 3; }
say() { [ -n "${quiet:-}" ] || echo "$(date +%T) $*" >&9; }

# A promise that did not hold, in words. The trial fails.
broken() { broken_words+=("$*"); say "    BROKEN: $*"; }
