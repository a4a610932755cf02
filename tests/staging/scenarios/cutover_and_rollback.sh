#!/usr/bin/env bash
# Plan, cut over under load, write on, go back under load. Nothing lost, no client error, both ways; the plan's words
# are the journal's.
source "$(dirname "$0")/../scenario.sh"
lab_up
load_begin --writers 16 --reconnect 4

# What a bouncer was told, and which statements that modify PostgreSQL saw from pgcleave, by their own logs.
bouncer_commands() {
  cat "$dir"/log/bouncer-*.log |
    grep -cE "(PAUSE|RESUME|RELOAD|SHUTDOWN|KILL|DISABLE|ENABLE).* command issued|RELOAD|SET .* command" || true
}
modifying_statements() {
  cat "$dir"/log/*.postgres.log | grep -cE '\] pgcleave pgcleave app .*(statement|execute [^:]*):' || true
}

say "plan changes nothing"
triggers=$(source_sql "select count(*) from pg_trigger")
source_sql "alter system set log_statement = 'mod'" && source_sql "select pg_reload_conf()" >/dev/null
sleep 0.5
told=$(bouncer_commands)
tool 0 plan "$runbook" -e "$environment" --json
cp "$scratch/tool.json" "$scratch/plan.json"
is "schema pgcleave after plan" "$(source_sql "select count(*) from pg_namespace where nspname = 'pgcleave'")" 0
is "triggers after plan" "$(source_sql "select count(*) from pg_trigger")" "$triggers"
is "modifying statements that PostgreSQL logged" "$(modifying_statements)" 0
is "commands that the bouncers logged" "$(bouncer_commands)" "$told"
say "and the logs would have shown it"
PGAPPNAME=pgcleave source_sql "create temp table seen_in_the_log ()"
is "modifying statements after one was made" "$(modifying_statements)" 1
source_sql "alter system reset log_statement" && source_sql "select pg_reload_conf()" >/dev/null

say "cut over"
(while sleep 0.05; do ps -eo args >>"$scratch/ps.out"; done) &
watching_processes=$!
tool 0 run "$runbook" -e "$environment" --approve go --json
load_end 2
verify_clean target
[ "$(bouncer_commands)" -gt "$told" ] || failed "the bouncers' logs do not show the cutover either"
is "owner on the target" "$(owner_on_target)" 2
is "owner on the source" "$(owner_on_source)" 0
is "state" "$(status .state)" "done"

say "the journal holds the plan's words"
"$build/pgcleave" log -e "$environment" --json >"$scratch/log.json" ||
  failed "the journal can't be read, or its chain is broken"
jq -r 'select(.type == "effect.announced") | .data.effect' "$scratch/log.json" >"$scratch/journal.words.out"
jq -r '.steps[].effects[]' "$scratch/plan.json" >"$scratch/plan.words.out"
diff "$scratch/plan.words.out" "$scratch/journal.words.out" >"$scratch/words.diff.out" ||
  failed "plan and journal differ"

say "write on, then go back"
load_begin --writers 16 --reconnect 4
tool 0 rollback -e "$environment" --json
load_end 2
verify_clean source
is "owner on the source" "$(owner_on_source)" 1
is "state" "$(status .state)" "rolled back"
is "ci is a standby again" "$(target_sql "select pg_is_in_recovery()")" t
is "no subscription is left" "$(source_sql "select count(*) from pg_subscription")" 0

say "no duplicate keys from sequences after all that"
load_begin --writers 8 --reconnect 2
load_end 2
verify_clean source

say "no password anywhere"
kill "$watching_processes"
contains "$scratch/ps.out" "$build/pgcleave rollback"
"$build/pgcleave" log -e "$environment" >>"$scratch/everything"
cat "$scratch"/*.out >>"$scratch/everything"
strings "$dir/journal.db" >>"$scratch/everything"
passwords=0
while IFS= read -r password; do
  passwords=$((passwords + 1))
  if grep -qF -- "$password" "$scratch/everything"; then failed "a password is in the output or the journal"; fi
done < <(cut -d: -f5 "$dir/passfile" "$dir/server.passfile" | sort -u; cat "$dir/rest.password")
[ "$passwords" -ge 5 ] || failed "only $passwords passwords were looked for"
say "ok"
