#!/usr/bin/env bash
# Whatever a script of this repository calls is installed by script/bootstrap, or is on every Debian: a machine that has
# more must not hide what a fresh one lacks. Reads the scripts with shfmt's parser; words that are put together at run
# time are not followed.
# Usage: commands.sh [FILE...]   without files: all scripts of the repository
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

scripts() {
  find script packaging tests .ci -type f \( -name '*.sh' -o -path 'script/*' -o -path '.ci/*' \)
}

# The first word of each command, and after a command that runs another one that other's too.
called='
def word: [.Parts[]? | if .Type == "Lit" or .Type == "SglQuoted" then .Value else "\u0001" end] | join("");
def wrapper: IN("env", "exec", "command", "timeout", "nice", "nohup", "setsid", "xargs", "time", "unshare", "setpriv",
  "chroot", "sudo");
def commands:
  if length == 0 then empty
  elif .[0] | contains("\u0001") then empty
  else .[0], (if .[0] | wrapper
    then .[1:] | until(length == 0 or (.[0] | test("^-|=|^[0-9.]+[smh]?$") | not); .[1:]) | commands
    else empty end)
  end;
.. | objects | select(.Type? == "CallExpr") | [.Args[]? | word] | commands | select(test("^[A-Za-z0-9_.+/-]+$"))'

files=("$@")
[ "${#files[@]}" -gt 0 ] || mapfile -t files < <(scripts | sort)
for file in "${files[@]}"; do
  shfmt --to-json <"$file" >"$scratch/tree.json"
  jq -r '.. | objects | select(.Type? == "FuncDecl") | .Name.Value' "$scratch/tree.json" >>"$scratch/functions"
  jq -r --arg file "$file" "$called | . + \" \" + \$file" "$scratch/tree.json" >>"$scratch/calls"
done
{ cat "$scratch/functions"; compgen -b; compgen -k; } | sort -u >"$scratch/own"

# All that bootstrap brings along, what no Debian is without, and apt, without which bootstrap stops.
mapfile -t wanted < <(script/bootstrap --list)
mapfile -t always \
  < <(dpkg-query -W -f '${Package} ${Essential} ${Priority}\n' | awk '$2 == "yes" || $3 == "required" {print $1}')
apt-cache depends --recurse --installed --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces \
  --no-enhances \
  "${wanted[@]}" "${always[@]}" apt |
  sed -n 's/^\([a-z0-9][^ <]*\).*/\1/p' | sed 's/:.*//' | sort -u >"$scratch/packages"

PATH=$PATH:/usr/sbin:/sbin
for folder in /usr/lib/postgresql/*/bin; do PATH=$PATH:$folder; done

# package_of PROGRAM: a file may be registered under its name before /bin became a link to /usr/bin
package_of() {
  local path
  path=$(readlink -f "$1")
  dpkg-query -S "$path" 2>/dev/null || dpkg-query -S "${path#/usr}" 2>/dev/null || true
}

# Used where they are there, or installed by who asks for them: sudo by no one but a user who has it, LLVM by
# `script/test coverage`, those that make a root folder by `script/matrix`.
optional=(sudo llvm-cov-19 llvm-profdata-19 mmdebstrap debootstrap)

missing=0
checked=0
while read -r command; do
  where=$(awk -v command="$command" '$1 == command {print $2}' "$scratch/calls" | sort -u | head -n 3 | paste -sd' ')
  checked=$((checked + 1))
  found=
  seen=
  while read -r program; do
    package=$(package_of "$program" | sed -n '1s/[:,].*//p')
    seen+=" $program (${package:-of no package})"
    if [ -n "$package" ] && grep -qxF "$package" "$scratch/packages"; then found=yes; break; fi
  done < <(type -aP "$command" | sort -u)
  [ -z "$found" ] || continue
  echo "$command is in no package of script/bootstrap; found:${seen:- nowhere}; called by $where"
  missing=$((missing + 1))
done < <(awk '{print $1}' "$scratch/calls" | grep -v / | sort -u | comm -23 - "$scratch/own" |
  grep -vxF "$(printf '%s\n' "${optional[@]}")")

echo "$checked commands in ${#files[@]} scripts, $missing without a package of script/bootstrap"
[ "$missing" -eq 0 ]
