#!/usr/bin/env bash
# Manual pages and completions as a package holds them, made by the program itself, and Debian's changelog.
# Usage: pages.sh PROGRAM FOLDER VERSION MAINTAINER
set -euo pipefail
program=$1
folder=$2
version=$3
maintainer=$4
rm -rf "$folder"
mkdir -p "$folder/man1"
compress() { gzip -9n; } # without name and time, so that the same comes out each time
"$program" man | compress >"$folder/man1/pgcleave.1.gz"
"$program" help | sed -n '/^Verbs/,$s/^  \([a-z-]*\) .*/\1/p' | while read -r verb; do
  "$program" man "$verb" | compress >"$folder/man1/pgcleave-$verb.1.gz"
done
"$program" completion bash >"$folder/pgcleave.bash"
"$program" completion zsh >"$folder/_pgcleave"
"$program" completion fish >"$folder/pgcleave.fish"
printf 'pgcleave (%s) unstable; urgency=medium\n\n  * What changed is in CHANGELOG.md.\n\n -- %s  %s\n' \
  "$version" "$maintainer" "$(LC_ALL=C date -uR -d "@${SOURCE_DATE_EPOCH:-0}")" | compress >"$folder/changelog.gz"
