#!/usr/bin/env bash
# What is wrong is refused with its name, within seconds, and nothing is changed.
source "$(dirname "$0")/../scenario.sh"
lab_up
export TOOL_TIMEOUT=20
mkdir "$scratch/bad"
cp "$dir/split.yml" "$scratch/bad/"

# refuse EXIT TEXT WORDS...: refused with that text, fast
refuse() {
  local code=$1 text=$2 began
  shift 2
  began=$(date +%s%N)
  tool "$code" "$@"
  local ms=$((($(date +%s%N) - began) / 1000000))
  contains "$scratch/tool.out" "$text"
  [ "$ms" -lt "${WITHIN_MS:-5000}" ] || failed "it took $ms ms to refuse: $text"
  say "refused in $ms ms: $text"
}
change_environment() { sed "$1" "$environment" >"$scratch/bad/environment.yml"; }
change_runbook() { sed "$1" "$runbook" >"$scratch/bad/runbook.yml"; }
catalog() {
  source_sql "select (select count(*) from pg_trigger) || ' ' || (select count(*) from pg_namespace) || ' ' ||
    (select count(*) from pg_publication)"
}
before=$(catalog)

change_runbook 's/^window:/windw:/'
refuse 2 "did you mean" validate "$scratch/bad/runbook.yml"
contains "$scratch/tool.out" "runbook.yml:"
change_runbook 's/^summary: .*/&\nsummary: twice/'
refuse 2 "summary" validate "$scratch/bad/runbook.yml"
change_runbook 's/default: 5s/default: soon/'
refuse 2 "soon" validate "$scratch/bad/runbook.yml"
change_runbook 's/uses: pgbouncer.pause/uses: pgbouncer.puase/'
refuse 2 "pgbouncer.pause" validate "$scratch/bad/runbook.yml"
change_runbook '/^window:/,/^  steps:/{/budget/d}'
refuse 2 "budget" validate "$scratch/bad/runbook.yml"
change_runbook 's/^    - id: release$/    - {id: ask, uses: gate.approve, with: {text: sure}}\n&/'
refuse 2 "ask" validate "$scratch/bad/runbook.yml"

go() { echo run "$runbook" -e "$scratch/bad/environment.yml" --approve go; }
change_environment 's/^source:/SOURCE:/; s/^target:/source:/; s/^SOURCE:/target:/'
# shellcheck disable=SC2046
refuse 3 "swapped" $(go)
contains "$scratch/tool.out" "who owns the moved tables can't be seen"
if grep -q "source ci owns" "$scratch/tool.out"; then failed "a standby is called the owner"; fi
second_console=$(grep -o 'name: bouncer-2.*' "$environment" | grep -o 'port: [0-9]*' | head -n 1 | cut -d' ' -f2)
change_environment "s/console: {host: 127.0.0.1, port: $second_console/console: {host: 127.0.0.1, port: 1/"
# shellcheck disable=SC2046
refuse 3 "bouncer-2" $(go)

change_environment ''
sed 's/schemas: \[public\]/tables: [public.users]/' "$dir/split.yml" >"$scratch/bad/split.yml"
# shellcheck disable=SC2046
refuse 2 "public.accounts" $(go)
sed 's/tables: \[/tables: [ci.no_such_table, /' "$dir/split.yml" >"$scratch/bad/split.yml"
# shellcheck disable=SC2046
refuse 2 "ci.no_such_table" $(go)
cp "$dir/split.yml" "$scratch/bad/split.yml"

say "session pooling"
sed -i 's/^pool_mode.*/pool_mode = session/' "$dir/bouncer-3.ini"
psql "host=127.0.0.1 port=$(port bouncer-3) user=pgcleave_admin dbname=pgbouncer" -qc RELOAD
# shellcheck disable=SC2046
refuse 3 "session" $(go)
sed -i 's/^pool_mode.*/pool_mode = transaction/' "$dir/bouncer-3.ini"
psql "host=127.0.0.1 port=$(port bouncer-3) user=pgcleave_admin dbname=pgbouncer" -qc RELOAD

say "a paused Patroni"
patronictl -c "$PATRONI_CONF" pause ci >/dev/null
# shellcheck disable=SC2046
refuse 3 "paused" $(go)
patronictl -c "$PATRONI_CONF" resume ci >/dev/null

say "a target that was promoted by somebody is no standby any more"
patronictl -c "$PATRONI_CONF" edit-config ci --force -q -s standby_cluster=null >/dev/null
for _ in $(seq 100); do [ "$(target_sql "select pg_is_in_recovery()")" = f ] && break; sleep 0.2; done
# shellcheck disable=SC2046
refuse 3 "topology.target_not_standby: target ci" $(go)

say "a route that is the address of a member which does not lead any more"
for _ in $(seq 100); do
  patronictl -c "$PATRONI_CONF" switchover ci --leader ci-1 --candidate ci-2 --force >"$scratch/switchover.out" 2>&1 ||
    true
  [ "$(curl -s -m 2 "http://127.0.0.1:$(rest_port ci-2)/patroni" | jq -r .role)" = master ] && break
  sleep 0.3
done
for _ in $(seq 200); do
  state=$(curl -s -m 2 "http://127.0.0.1:$(rest_port ci-1)/patroni" | jq -r '.role + " " + .state' || true)
  [ "$state" = "replica running" ] && break
  sleep 0.2
done
# shellcheck disable=SC2046
refuse 3 "topology.new_route_leads_to_replica" $(go)
say "two things that are wrong are two lines"
patronictl -c "$PATRONI_CONF" pause main >/dev/null
# shellcheck disable=SC2046
refuse 3 "each in a line above" $(go)
refused_lines="blocker (topology.patroni_paused: source main|topology.target_not_standby: target ci): "
is "lines" "$(grep -cE "^(\S+ )?    \.\.\. $refused_lines" "$scratch/tool.out")" 2
patronictl -c "$PATRONI_CONF" resume main >/dev/null
is "nothing was changed" "$(catalog)" "$before"
for number in 1 2 3; do
  is "no file was staged" "$(test -e "$dir/bouncer-$number.ini.pgcleave" && echo staged)" ""
done
say "ok"
