#!/usr/bin/env bash
# The source forgets the WAL that pg_rewind needs. Without `reclone` in the environment file the rollback ends with the
# source serving and says what to do; with it `resume` clones the target anew. Then the same stack is cut over again: a
# rollback clones in one go, a target that hangs is cloned too, and one whose WAL is there is rewound.
source "$(dirname "$0")/../scenario.sh"
lab_up
cp "$environment" "$dir/without.yml"
sed -i '/^  reclone:/d' "$dir/without.yml"

# Segments as numbers, whatever the timeline.
segment_of() { echo $((16#${1%/*} * 256 + (16#${1#*/} >> 24))); }
oldest_segment() { # source_sql or target_sql
  "$1" "select min(('x' || substr(name, 9, 8))::bit(32)::int8 * 256 + ('x' || substr(name, 17, 8))::bit(32)::int8)
              from pg_ls_waldir() where name ~ '^[0-9A-F]{24}\$'"
}
output() { # STEP NAME: as told last
  "$build/pgcleave" log -e "$environment" --json |
    jq -r --arg step "$1" --arg name "$2" 'select(.type == "step.done" and .data.step == $step) | .data.facts[$name]' |
    tail -n 1
}

# No slot and no setting keeps the WAL of the common checkpoint any more, and checkpoints remove it.
forget_wal() { # source or target
  local needed sql=${1}_sql
  needed=$(segment_of "$(output promote common_checkpoint)")
  "$sql" "alter system set wal_keep_size = 0" && "$sql" "select pg_reload_conf()" >/dev/null
  for _ in $(seq 60); do
    # Moved on, not dropped: Patroni would not make a dropped one again.
    "$sql" "select pg_replication_slot_advance(slot_name, pg_current_wal_flush_lsn()) from pg_replication_slots
                where slot_type = 'physical' and not active and restart_lsn is not null" >/dev/null
    "$sql" "select pg_logical_emit_message(true, 'filler', 'x')" >/dev/null
    "$sql" "select pg_switch_wal()" >/dev/null
    "$sql" "checkpoint"
    [ "$(oldest_segment "$sql")" -gt "$needed" ] && break
    sleep 0.3
  done
  [ "$(oldest_segment "$sql")" -gt "$needed" ] || failed "the $1 still has segment $needed of the common checkpoint"
  say "the $1 has forgotten the WAL of the common checkpoint"
}
in_recovery() { target_sql "select pg_is_in_recovery()"; }

say "cut over; the source forgets WAL; a rollback without reclone"
load_begin --writers 4 --reconnect 1 --rate 20
tool 0 run "$runbook" -e "$environment" --approve go
forget_wal source
tool 8 rollback -e "$dir/without.yml"
contains "$scratch/tool.out" "can't be rewound: WAL from before the promotion is gone from source main"
contains "$scratch/tool.out" "reclone: [PROGRAM"
contains "$scratch/tool.out" "source main owns the moved tables; clients do not wait"
is "owner on the source" "$(owner_on_source)" 1
is "the target was left as it is" "$(in_recovery)" f
say "once the program is named, resume clones the target"
tool 0 resume -e "$environment"
contains "$scratch/tool.out" "cloning it anew"
is "state" "$(status .state)" "rolled back"
is "the target is a standby" "$(in_recovery)" t
is "it streams from the source" "$(target_sql "select status from pg_stat_wal_receiver")" streaming
load_end 1
verify_clean source

say "a second cutover on the same stack; the target forgets WAL that pg_rewind would read there;" \
  "a rollback clones by itself"
source_sql "alter system reset wal_keep_size" && source_sql "select pg_reload_conf()" >/dev/null
load_begin --writers 4 --reconnect 1 --rate 20
# Big, so that a copy takes a while.
source_sql "create table public.filler as select repeat(md5(i::text), 60) as x from generate_series(1, 120000) i"
tool 0 run "$runbook" -e "$environment" --approve go
forget_wal target
tool 0 rollback -e "$environment"
contains "$scratch/tool.out" "WAL from before the promotion is gone from target ci"
contains "$scratch/tool.out" "source main sends a base backup"
is "how" "$(output reattach how)" cloned
is "the target is a standby" "$(in_recovery)" t
load_end 1
verify_clean source

say "somebody has put standby_cluster back by hand, and PostgreSQL hangs: what it has can't be read," \
  "so resume clones only when that is given up"
source_sql "alter system reset wal_keep_size" && source_sql "select pg_reload_conf()" >/dev/null
source_sql "drop table public.filler"
tool 0 run "$runbook" -e "$environment" --approve go
forget_wal source
tool 8 rollback -e "$dir/without.yml"
standby_cluster=$("$build/pgcleave" log -e "$environment" --json |
  jq -c 'select(.type == "step.done" and .data.step == "promote") | {standby_cluster: .data.facts.standby_cluster}' |
  tail -n 1)
echo "$standby_cluster" | patronictl -c "$PATRONI_CONF" edit-config ci --force -q --apply - >/dev/null
for _ in $(seq 100); do target_sql "select 1" >/dev/null 2>&1 || break; sleep 0.1; done
sleep 10
tool 6 resume -e "$environment"
contains "$scratch/tool.out" "cloning target ci anew destroys what it has"
tool 0 approve "$(status .run)" reattach --words "give up all of target ci unread" -e "$environment"
tool 0 resume -e "$environment"
contains "$scratch/tool.out" "cloning it anew"
is "how" "$(output reattach how)" cloned
is "it streams from the source" "$(target_sql "select status from pg_stat_wal_receiver")" streaming

say "and one that is rewound again, since WAL is there"
source_sql "alter system reset wal_keep_size" && source_sql "select pg_reload_conf()" >/dev/null
tool 0 run "$runbook" -e "$environment" --approve go
tool 0 rollback -e "$environment"
is "how" "$(output reattach how)" rewound
say "ok"
