#!/usr/bin/env bash
# Every source file is as clang-format makes it. One version for all releases: each formats a little differently.
set -euo pipefail
cd "$(dirname "$0")/../.."
source tests/lint/needs.sh
needs clang-format-19
mapfile -t files < <(find src tests -type f \( -name '*.h' -o -name '*.cpp' \) | sort)
printf '%s\0' "${files[@]}" | xargs -0 -n 40 -P 2 clang-format-19 --dry-run --Werror || {
  echo "to fix it: clang-format-19 -i FILE" >&2
  exit 1
}
echo "${#files[@]} files, formatted alike"
