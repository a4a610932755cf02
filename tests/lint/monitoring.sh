#!/usr/bin/env bash
# The alerts are ones that Prometheus takes, and fire when they should; each metric that they and the dashboard name is
# one that `pgcleave metrics` prints.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
command -v promtool >/dev/null || { echo "promtool is not installed" >&2; exit 77; }
promtool check rules docs/monitoring/alerts.yml >/dev/null
promtool test rules tests/lint/alerts_test.yml >/dev/null
jq -e '.panels | length > 0' docs/monitoring/dashboard.json >/dev/null
faults=0
while read -r name; do
  grep -qE "\"(pgcleave_)?${name#pgcleave_}\"" src/app/metrics.cpp && continue
  echo "nothing prints $name"
  faults=$((faults + 1))
done < <(grep -ohP '\bpgcleave_[a-z_]+' docs/monitoring.md docs/monitoring/{alerts.yml,dashboard.json} | sort -u)
[ "$faults" = 0 ] || { echo "$faults metrics are named and not printed" >&2; exit 1; }
echo "alerts and dashboard, nothing amiss"
