#!/usr/bin/env bash
# PgBouncer's configuration in several files: the pool two includes below the file that is named, and an include that
# shadows the file's own line. In both the line that is in force is the one that is edited, in a whole split and back.
source "$(dirname "$0")/../scenario.sh"
lab_up 2
owner=$(stat -c %u:%g "$dir/bouncer-1.ini")
line_of() { grep '^app = ' "$1"; }
console() {  # console BOUNCER COMMAND
  local port
  port=$(sed -n 's/^listen_port = //p' "$dir/bouncer-$1.ini")
  psql "host=127.0.0.1 port=$port user=pgcleave_admin dbname=pgbouncer" -qtAc "$2"
}
port_in() { sed -n 's/^app = .* port=\([0-9]*\).*/\1/p' "$1"; }

say "bouncer-1 has its pool two includes down, bouncer-2 a local file that shadows its line"
mkdir "$dir/conf.d"
{ echo "# written by a template"; line_of "$dir/bouncer-1.ini"; } >"$dir/conf.d/databases.txt"
echo "%include $dir/conf.d/databases.txt" >"$dir/conf.d/level.txt"
sed -i "s#^app = .*#%include $dir/conf.d/level.txt#" "$dir/bouncer-1.ini"
echo "$(line_of "$dir/bouncer-2.ini") pool_mode=transaction" >"$dir/local.txt"
sed -i "/^app = /a %include $dir/local.txt" "$dir/bouncer-2.ini"
chown -R "$owner" "$dir/conf.d" "$dir/local.txt" "$dir/bouncer-1.ini" "$dir/bouncer-2.ini"
for number in 1 2; do console $number RELOAD; done
files=("$dir/bouncer-1.ini" "$dir/bouncer-2.ini" "$dir/conf.d/databases.txt" "$dir/conf.d/level.txt" "$dir/local.txt")
before=$(sha256sum "${files[@]}")
old=$(port_in "$dir/local.txt")
load_begin --writers 4 --rate 20

say "check says where the entries stand"
tool 0 check -e "$environment"
contains "$scratch/tool.json" "$dir/conf.d/databases.txt:2"
contains "$scratch/tool.json" "$dir/local.txt:1"
contains "$scratch/tool.json" topology.bouncer_entry_twice

say "a whole split: the files that are in force are edited, and no other"
tool 0 run "$runbook" -e "$environment" --approve go
is "owner on the target" "$(owner_on_target)" 2
new=$(port_in "$dir/local.txt")
[ "$new" != "$old" ] || failed "the shadowing line was not edited"
is "the included line" "$(port_in "$dir/conf.d/databases.txt")" "$new"
is "the shadowed line" "$(port_in "$dir/bouncer-2.ini")" "$old"
is "the template's mark" "$(head -n 1 "$dir/conf.d/databases.txt")" "# written by a template"
for number in 1 2; do
  is "bouncer-$number in force" "$(console $number 'SHOW DATABASES' | sed -n 's/^app|[^|]*|\([0-9]*\)|.*/\1/p')" "$new"
done

say "and back: every file as it was"
tool 0 rollback -e "$environment"
is "the files" "$(sha256sum "${files[@]}")" "$before"
is "what lies beside them" "$(find "$dir" -name '*.pgcleave*' | wc -l)" 0
load_end 1
verify_clean source errors
# Between the two repoints the entries of bouncer-2 name different servers: what check warns of. Nothing else may go
# wrong.
failing="FATAL:  server login has been failing, try again later (server_login_retry)"
is "other errors" \
  "$(jq --arg known "$failing" '[.error_messages | keys[] | select(. != $known)] | length' "$scratch/verdict.out")" 0
say "ok"
