#!/usr/bin/env bash
# A client that names a partitioned table and has sent no row yet holds a lock on that table alone. It is waited for all
# the same, by either runbook. A partition that is created in the window has no fence: the window is undone and says so,
# and the next try fences it.
source "$(dirname "$0")/../scenario.sh"
logical=$root/runbooks/logical-switchover.yml
lab_up 2

# copy_open NAME TABLE: a COPY straight to the source that has begun and has sent no row; descriptor 7 writes to it
copy_open() {
  rm -f "$scratch/copy"
  mkfifo "$scratch/copy"
  PGAPPNAME=$1 psql "$SOURCE user=app" -v ON_ERROR_STOP=1 -A <"$scratch/copy" >"$scratch/copy.out" 2>&1 &
  copy=$!
  exec 7>"$scratch/copy"
  echo "copy $2 (at, name, value) from stdin;" >&7
  for _ in $(seq 100); do
    [ "$(source_sql "select count(*) from pg_locks
      where relation = '$2'::regclass and mode = 'RowExclusiveLock'")" = 1 ] && return
    sleep 0.05
  done
  failed "the COPY did not begin"
}
copy_end() {  # copy_end [ROW]
  [ -z "${1:-}" ] || echo "$1" >&7 || true
  echo '\.' >&7 || true
  exec 7>&-
  wait "$copy" || true
}
at_release="before effect release ownership"

say "promote-standby: an open COPY through the parent is named, and the window undone"
held_at "$at_release" run "$runbook" --set drain=fail --set pause_budget=20s
copy_open night_copy ci.metrics
held_ends 4
contains "$scratch/held.out" "night_copy"
contains "$scratch/held.out" "RowExclusiveLock on ci.metrics"
is "owner on the source" "$(owner_on_source)" 1
copy_end "2023-05-05	copied	1"
contains "$scratch/copy.out" "COPY 1"

say "a partition that is created in the window: undone, and fenced by the next try"
held_at "$at_release" resume
as_app "
  create table ci.metrics_2031 partition of ci.metrics for values from ('2031-01-01') to ('2032-01-01')"
held_ends 4
contains "$scratch/held.out" "ci.metrics_2031"
contains "$scratch/held.out" "has no fence"
is "owner on the source" "$(owner_on_source)" 1
tool 0 resume -e "$environment" --approve go
is "owner on the target" "$(owner_on_target)" 2
for table in ci.metrics ci.metrics_2031; do
  is "SQLSTATE of a write that names $table" \
    "$(psql "$SOURCE" -v VERBOSITY=verbose -qtAc "insert into $table values ('2031-05-05', 'late', 1)" 2>&1 |
      grep -o 2F002 | head -n 1)" 2F002
done
is "what was copied is on the target" "$(target_sql "select value from ci.metrics where name = 'copied'")" 1
target_sql "insert into ci.metrics_2031 values ('2031-05-05', 'new', 2)"
tool 0 rollback -e "$environment"
is "what the target wrote came back" "$(source_sql "select value from ci.metrics where name = 'new'")" 2

say "logical-switchover: with drain=terminate the open COPY is ended, and no row of it is acknowledged"
held_at "$at_release" run "$logical" --set drain=terminate --set pause_budget=20s
copy_open day_copy ci.metrics_2024
held_ends 0
copy_end "2024-05-05	too late	1"
if grep -q "^COPY" "$scratch/copy.out"; then failed "a COPY that the drain should have ended was acknowledged"; fi
is "owner on the target" "$(owner_on_target)" 2
is "rows of the COPY" \
  "$(source_sql "select count(*) from ci.metrics where name = 'too late'") $(
    target_sql "select count(*) from ci.metrics where name = 'too late'")" "0 0"
say "ok"
