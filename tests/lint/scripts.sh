#!/usr/bin/env bash
# Every script passes shellcheck. Many are sourced by others and have no first line of their own, and their variables
# are set in one file and used in another: what it says of these is left out.
set -euo pipefail
cd "$(dirname "$0")/../.."
mapfile -t scripts \
  < <(find script packaging tests .ci -type f \( -name '*.sh' -o -path 'script/*' -o -path '.ci/*' \) | sort)
shellcheck -s bash -S warning -e SC2034,SC2154 "${scripts[@]}"
echo "${#scripts[@]} scripts, nothing amiss"
