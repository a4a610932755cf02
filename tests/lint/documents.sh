#!/usr/bin/env bash
# What the documents point to is there: links, files, scenarios behind promises, verbs of commands. And they stay short.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
faults=0
fault() { echo "$*"; faults=$((faults + 1)); }
mapfile -t documents < <(git ls-files '*.md' 2>/dev/null || find . -name '*.md' -not -path './build*' | sed 's|^\./||')

# exists DOCUMENT PATH: from the root, or from the document's own folder
exists() { [ -e "$2" ] || [ -e "$(dirname "$1")/$2" ]; }
for document in "${documents[@]}"; do
  while read -r link; do
    exists "$document" "${link%%#*}" || fault "$document: the link to $link leads nowhere"
  done < <(grep -oP '\]\(\K(?!https?:|#|mailto:)[^)]+' "$document" || true)
  while read -r path; do
    case $path in *NN-* | *NAME* | *... | *forbid_login*) continue ;; esac  # stand for a name; the worked example
    exists "$document" "$path" || fault "$document: there is no $path"
  done < <(grep -oP '`\K(docs|runbooks|script|src|tests|\.\.)/[A-Za-z0-9_./-]+(?=`)' "$document" || true)
done

for document in README.md docs/promises.md; do
  while read -r name; do
    [ -e "tests/staging/scenarios/$name.sh" ] || fault "$document: a promise names $name, and there is no such scenario"
  done < <(sed -n '/^## What it promises/,/^## What it does not/p' "$document" | tr '\n' ' ' |
    grep -oP '\(`[^)]*\)' | grep -oP '`\K[a-z_]+(?=`)' | sort -u)
done

# A command that a reader types names a verb that exists.
while read -r document verb; do
  [ -e "src/cli/${verb//-/_}.cpp" ] || fault "$document: pgcleave has no verb $verb"
done < <(for document in "${documents[@]}"; do
  { grep -oP '^    (export .*&& )?pgcleave \K[a-z-]+' "$document" || true; } | sed "s|^|$document |"
done | sort -u)

size() { [ "$(wc -c <"$1")" -le "$2" ] || fault "$1: $(wc -c <"$1") bytes, at most $2 are allowed"; }
size README.md 9216
size ARCHITECTURE.md 12288

[ "$faults" = 0 ] || { echo "$faults faults in the documents" >&2; exit 1; }
echo "${#documents[@]} documents, nothing amiss"
