#!/usr/bin/env bash
# After the split, somebody puts standby_cluster back into the target's configuration: status and check raise an alarm
# before Patroni acts.
source "$(dirname "$0")/../scenario.sh"
lab_up
tool 0 run "$runbook" -e "$environment" --approve go
"$build/pgcleave" status -e "$environment" >"$scratch/status.out"
is "alarms without a reason" "$(grep -c ALARM "$scratch/status.out" || true)" 0
patronictl -c "$PATRONI_CONF" pause ci >/dev/null  # so that Patroni does not act on it while the test looks
put() { patronictl -c "$PATRONI_CONF" edit-config ci --force -q -s "$@" >/dev/null; }
put standby_cluster.host=127.0.0.1 -s standby_cluster.port=1
sleep 2
"$build/pgcleave" status -e "$environment" >"$scratch/status.out"
is "what status says first" "$(head -n 1 "$scratch/status.out" | cut -d, -f1)" "ALARM: target ci owns the moved tables"
contains "$scratch/status.out" "patronictl edit-config ci -s standby_cluster=null"
is "in JSON" "$(status '.alarm | startswith("target ci owns")')" true
tool 3 check -e "$environment"
contains "$scratch/tool.json" "topology.owner_made_standby"
put standby_cluster=null
patronictl -c "$PATRONI_CONF" resume ci >/dev/null
sleep 2
is "alarm once it is gone" "$(status .alarm)" null
is "owner on the target" "$(owner_on_target)" 2
say "ok"
