#!/usr/bin/env bash
# clang-tidy has nothing against src, by .clang-tidy. A folder's files are gone through at once, since nearly all of the
# time goes into the headers that they share. Where nothing has changed since it last passed it is not asked again.
# Usage: tidy.sh BUILD_FOLDER
set -euo pipefail
cd "$(dirname "$0")/../.."
source tests/lint/needs.sh
needs clang-tidy-19
build=$1/tidy
sum=$(find .clang-tidy CMakeLists.txt src -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum)
if [ "$(cat "$build/passed" 2>/dev/null)" = "$sum" ]; then
  echo "nothing has changed since clang-tidy had nothing to say"
  exit
fi
cmake -S . -B "$build" -G Ninja -DPGCLEAVE_TESTS=OFF -DPGCLEAVE_AT_ONCE=100 -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON \
  >/dev/null
mapfile -t units < <(jq -r '.[].file | select(contains("/packaging/") or endswith("/precompiled.cpp") | not)' \
  "$build/compile_commands.json")
printf '%s\0' "${units[@]}" | xargs -0 -n 1 clang-tidy-19 -p "$build" --quiet \
  --extra-arg=-Wno-unknown-warning-option --extra-arg=-Wno-deprecated-declarations --extra-arg=-Wno-shadow
echo "$sum" >"$build/passed"
echo "${#units[@]} units of src, nothing amiss"
