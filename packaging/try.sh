#!/usr/bin/env bash
# The package is made twice and is the same both times, lintian finds no error in it, and what it holds works where it
# is unpacked: shipped runbooks by their names, schemas, manual pages, completions. Usage: try.sh BUILD_FOLDER
set -euo pipefail
build=$(cd "$1" && pwd)
scratch=$(mktemp -d "${TMPDIR:-/tmp}/pgcleave-package.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
failed() {
  echo "FAILED: $*"
  exit 1
}
export SOURCE_DATE_EPOCH=1700000000
make_package() {  # FOLDER
  (cd "$build" && cpack -G DEB -B "$1" >"$1.log" 2>&1) || failed "cpack: $(tail -n 3 "$1.log")"
  rm -rf "$1/_CPack_Packages"
  ls "$1"/*.deb
}
package=$(make_package "$scratch/once")
again=$(make_package "$scratch/again")
cmp "$package" "$again" || failed "the package is not the same when it is made again"
# Whoever makes a package says who they are (PGCLEAVE_MAINTAINER); here nobody is.
lintian --allow-root --fail-on error --suppress-tags bogus-mail-host,bogus-mail-host-in-debian-changelog "$package" ||
  failed "lintian finds errors"

root=$scratch/root
dpkg-deb -x "$package" "$root"
program=$root/usr/bin/pgcleave
for runbook in logical-switchover promote-standby maintenance-window cleanup fence; do
  (cd / && "$program" validate "$runbook.yml") || failed "the shipped runbook $runbook.yml can't be given by its name"
done
for kind in runbook environment split; do
  cmp <("$program" schema "$kind") "$root/usr/share/pgcleave/schema/$kind.json" ||
    failed "the schema of a $kind is another"
done
zcat "$root"/usr/share/man/man1/pgcleave-rollback.1.gz | grep -q emergency ||
  failed "the manual page of rollback lacks --emergency"
for page in "$root"/usr/share/man/man1/*.gz; do
  complaints=$(zcat "$page" | groff -man -ww -Tutf8 2>&1 >/dev/null)
  [ -z "$complaints" ] || failed "$page: $complaints"
done
# Each verb shows how it is typed, with options that it has.
"$program" help | sed -n '/^Verbs/,$s/^  \([a-z-]*\) .*/\1/p' >"$scratch/verbs"
[ "$(wc -l <"$scratch/verbs")" -gt 15 ] || failed "help does not list the verbs"
while read -r verb; do
  "$program" "$verb" --help >"$scratch/help"
  sed -n '/^Examples:/,/^$/s/^  //p' "$scratch/help" >"$scratch/examples"
  grep -q "^pgcleave $verb" "$scratch/examples" || failed "$verb --help has no example"
  while read -r option; do
    grep -q -- "^  [^ ]*${option}[ ,]" "$scratch/help" ||
      failed "an example of $verb has $option, which $verb does not take"
  done < <(grep -oE -- ' --?[a-z-]+' "$scratch/examples" | grep -v -- '^ -l\?$' | sort -u | tr -d ' ')
done <"$scratch/verbs"
completed() {  # WORDS...: what bash offers for the last one
  bash -s "$root/usr/share/bash-completion/completions/pgcleave" "$@" <<'END'
source "$1"
shift
COMP_WORDS=(pgcleave "$@")
COMP_CWORD=$#
_pgcleave
printf '%s\n' "${COMPREPLY[@]}"
END
}
[ "$(completed roll)" = rollback ] || failed "bash does not complete the verb: $(completed roll)"
[ "$(completed rollback --em)" = --emergency ] || failed "bash does not complete the option: $(completed rollback --em)"
echo "$(basename "$package"): $(stat -c %s "$package") bytes, $(dpkg-deb -c "$package" | wc -l) entries, ok"
