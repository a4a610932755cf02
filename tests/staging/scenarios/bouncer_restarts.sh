#!/usr/bin/env bash
# A bouncer is killed and restarted while paused. It comes back unpaused with the configuration on disk, the most
# dangerous state, and still cannot write to the source; the cutover goes on.
source "$(dirname "$0")/../scenario.sh"
lab_up
load_begin --writers 9 --reconnect 3 --rate 20
rm -f "$scratch/reached"
PGCLEAVE_FAULT="sleep 4000|after effect release ownership" PGCLEAVE_FAULT_REACHED="$scratch/reached" \
  PGCLEAVE="$build/pgcleave-faulty" \
  tool 0 run "$runbook" -e "$environment" --approve go --set pause_budget=20s &
run=$!
wait_for_file "$scratch/reached"
rows=$(source_sql "select count(*) from ci.builds")
"$lab" kill bouncer-2 --dir "$dir" >"$scratch/kill.out" 2>&1
"$lab" restart bouncer-2 --dir "$dir" >"$scratch/restart.out" 2>&1
sleep 1.5
is "rows on the source while fenced" "$(source_sql "select count(*) from ci.builds")" "$rows"
wait "$run" || failed "the cutover did not end well: $(cat "$scratch/tool.out")"
is "owner on the target" "$(owner_on_target)" 2
sleep 1
load_end 2
verify_clean target errors
[ "$(jq .client_errors "$scratch/verdict.out")" -gt 0 ] ||
  failed "no client met the fence: the fault did not take effect"
unexpected=$(jq -r '.error_messages | keys[]' "$scratch/verdict.out" |
  grep -vE 'takes no writes on cluster|server closed the connection|connection to server|Connection refused' || true)
is "errors other than the fence's and those of a bouncer that is gone" "$unexpected" ""
is "rows on the source did not grow" \
  "$(source_sql "select count(*) from ci.builds
    where stored_on = 'main' and stored_at > now() - interval '1 second'")" 0
say "ok"
