#!/usr/bin/env bash
# What breaks reverse replication is told before it is needed, and a rollback that would lose writes is refused with
# reasons, while nobody waits.
source "$(dirname "$0")/../scenario.sh"
runbook=$root/runbooks/logical-switchover.yml
lab_up
load_begin --writers 8 --reconnect 2 --rate 20
tool 0 run "$runbook" -e "$environment" --approve go
is "lossless" "$(status .rollback_path.lossless)" true

refused() { # TEXT: status tells it, and rollback is refused for it
  is "lossless" "$(status .rollback_path.lossless)" false
  "$build/pgcleave" status -e "$environment" >"$scratch/status.out"
  contains "$scratch/status.out" "A ROLLBACK WOULD LOSE WRITES"
  contains "$scratch/status.out" "$1"
  tool 3 rollback -e "$environment"
  contains "$scratch/tool.out" "rollback: A ROLLBACK WOULD LOSE WRITES"
  contains "$scratch/tool.out" "$1"
  is "owners" "$(owner_on_source) $(owner_on_target)" "0 2"
  is "bouncers that wait" "$(grep -c "WAIT" "$scratch/tool.out" || true)" 0
}

say "a column that only the target has stops reverse replication"
target_sql "alter table ci.counters add column noted text not null default 'now'"
sleep 3
refused "table ci.counters was altered: column \"noted\" is text on target ci and missing on source main"
[ "$(status .rollback_path.apply_errors)" -gt 0 ] || failed "status shows no apply error, though applying has stopped"
say "repaired on the source, it goes on, and nothing is lost"
source_sql "alter table ci.counters add column noted text not null default 'now'"
for _ in $(seq 100); do [ "$(status .rollback_path.lossless)" = true ] && break; sleep 0.2; done
is "lossless" "$(status .rollback_path.lossless)" true

say "a table that only the target has"
target_sql "create table ci.later (id int primary key)"
refused "table ci.later exists on target ci only"
target_sql "drop table ci.later"
say "a table without a replica identity"
target_sql 'alter table ci.pipelines replica identity nothing'
refused "table ci.pipelines has no replica identity"
target_sql 'alter table ci.pipelines replica identity default'

tool 0 rollback -e "$environment"
load_end 1
verify_clean source
is "owner on the source" "$(owner_on_source)" 1

say "a slot that is gone: what was written since can't come back"
load_begin --writers 8 --reconnect 2 --rate 20
tool 0 run "$runbook" -e "$environment" --approve go
source_sql "alter subscription pgcleave_ci_reverse disable"
for _ in $(seq 50); do
  target_sql "select pg_drop_replication_slot('pgcleave_ci_reverse')" >/dev/null 2>&1 && break
  sleep 0.1
done
refused "slot pgcleave_ci_reverse is gone"
say "without both nobody can tell whether there ever was a reverse replication"
source_sql "alter subscription pgcleave_ci_reverse set (slot_name = none)"
source_sql "drop subscription pgcleave_ci_reverse"
refused "neither subscription pgcleave_ci_reverse there nor a slot on target ci exists"
load_end 1
verify_clean target
say "ok"
