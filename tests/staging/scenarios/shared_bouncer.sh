#!/usr/bin/env bash
# A PgBouncer process that serves another database too: its clients neither wait nor fail in a window, also when the
# program and its guard are killed right after a SET.
source "$(dirname "$0")/../scenario.sh"
lab_up 1
config=$dir/bouncer-1.ini
port=$(sed -n 's/^listen_port = //p' "$config")
main_port=$(sed -n 's/^app = .* port=\([0-9]*\) .*/\1/p' "$config")
# As an operator does it: the folder's owner stays.
printf '%s\n' "other = host=127.0.0.1 port=$main_port dbname=app" >"$scratch/line"
sed -i "/^app = /r $scratch/line" "$config"
chmod --reference="$dir/bouncer.users" "$config" && chown --reference="$dir/bouncer.users" "$config"
console() { psql "host=127.0.0.1 port=$port user=pgcleave_admin dbname=pgbouncer" -qtA "${@:2}" -c "$1"; }
console RELOAD
# Several at once, so that each needs a server connection. The time is for a machine that is busy with other tests: who
# waits for a pool that nobody resumes, or for a login that is tried again after 15 s, waits longer. What lasts as long
# as a window only is not told by time, but asked of PgBouncer.
others_are_served() {
  local i pids=()
  for i in 1 2 3 4; do
    PGOPTIONS="" timeout 10 psql "host=127.0.0.1 port=$port user=app dbname=other" -v ON_ERROR_STOP=1 \
      -qtAc "begin; select 1; select pg_sleep(0.5)" \
      >"$scratch/other-$i.out" 2>&1 &
    pids+=($!)
  done
  for i in "${pids[@]}"; do wait "$i" || failed "a client of the other database waits or fails $1"; done
}
# held DATABASE: whether it is paused or disabled, "0 0" where it is neither
held() {
  console 'SHOW DATABASES' -x | awk -F'|' -v name="$1" '
    $1 == "name" { is = $2 == name }
    is && ($1 == "paused" || $1 == "disabled") { printf "%s%s", all++ ? " " : "", $2 }
    END { print "" }'
}
others_are_served "on a lab where nothing happens"
load_begin --writers 4 --rate 20

say "check says what it means"
tool 0 check -e "$environment"
contains "$scratch/tool.json" "it also serves other"

say "killed with its guard right after the SETs"
kill_both_at "after effect SET server_login_retry" run "$runbook" -e "$environment" --approve go
is "server_login_retry" "$(console 'SHOW CONFIG' | sed -n 's/^server_login_retry|\([^|]*\)|.*/\1/p')" 0
others_are_served "after the SETs"

say "a whole split, and back"
tool 0 resume -e "$environment" --approve go &
run=$!
while kill -0 "$run" 2>/dev/null; do held other; done >"$scratch/held" &
while kill -0 "$run" 2>/dev/null; do others_are_served "during a run"; done
wait "$run"
is "what PgBouncer said of the other database during the run" "$(sort -u "$scratch/held")" "0 0"
is "owner on the target" "$(owner_on_target)" 2
others_are_served "after the split"
is "server_login_retry" "$(console 'SHOW CONFIG' | sed -n 's/^server_login_retry|\([^|]*\)|.*/\1/p')" 15
tool 0 rollback -e "$environment"
others_are_served "after the rollback"
load_end 1
verify_clean source

say "ok"
