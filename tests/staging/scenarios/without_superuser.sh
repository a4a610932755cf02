#!/usr/bin/env bash
# From PostgreSQL 16 on pgcleave needs no superuser: `check` names each right that its role lacks, `pgcleave grants`
# prints what gives them, and with just these both runbooks go there and back and lose nothing.
source "$(dirname "$0")/../scenario.sh"
LAB_ROLE="" lab_up 3 --least-role
version=$(source_sql "show server_version_num")
[ "$version" -ge 160000 ] || skip "PostgreSQL $version: before 16 only a superuser makes subscriptions"

say "without any right: check names each that is missing, and changes nothing"
lacking() { jq -r '[.findings[] | select(.id == "access.right_missing")] | length' "$scratch/tool.json"; }
tool 3 check -e "$environment" --json
missing=$(lacking)
[ "$missing" -ge 15 ] || failed "only $missing rights are said to be missing"
tool 3 grants -e "$environment" --missing --json
is "rights that grants says are missing" \
  "$(jq '[.sides[0].rights[] | select(.held | not)] | length' "$scratch/tool.json")" "$missing"
tool 3 run "$runbook" -e "$environment" --approve go
is "schema pgcleave" "$(source_sql "select count(*) from pg_namespace where nspname = 'pgcleave'")" 0

say "with one right less than all: it alone is named"
grant_least
for right in "pg_checkpoint" "set on parameter session_replication_role" \
  "execute on function pg_replication_origin_advance(text, pg_lsn)" "app"; do
  source_sql "revoke $right from pgcleave_least"
  tool 3 grants -e "$environment" --side source --missing
  is "statements for $right" "$(grep -c '^GRANT' "$scratch/tool.json")" 1
  psql "$SOURCE" -v ON_ERROR_STOP=1 -qf "$scratch/tool.json"
done
tool 0 grants -e "$environment" --missing
tool 0 doctor -e "$environment"

is "the role is superuser" "$(source_sql "select rolsuper from pg_roles where rolname = 'pgcleave_least'")" f
there_and_back promote-standby
there_and_back logical-switchover
