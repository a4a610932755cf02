#!/usr/bin/env bash
# What a slip of the finger gets for an answer: a verb, an option, a gate, a runbook or an environment's name that isn't
# there; files that may not be used as they are. No server is asked.
source "$(dirname "$0")/../scenario.sh"
export TOOL_TIMEOUT=20
says() { contains "$scratch/tool.out" "$1"; }
one_line() { is "lines of: $(cat "$scratch/tool.out")" "$(wc -l <"$scratch/tool.out")" 2; }

say "verbs and options"
tool 2 rolback -e none.yml
says "there is no verb rolback: did you mean rollback?"
one_line
tool 2 status --wach
says "there is no option of status --wach: did you mean --watch?"
tool 2 run x.yml -e y.yml --aprove=go
says "did you mean --approve?"
tool 2 quux
says "there is no verb quux"
tool 0 --help
tool 0 status --help

say "an environment of the class production, on servers that are not there"
cat >"$scratch/split.yml" <<'YAML'
split: 1
name: ci
moved: {schemas: [ci]}
kept: {schemas: [public]}
shared: {}
YAML
touch "$scratch/passfile" "$scratch/pgbouncer.ini"
chmod 600 "$scratch/passfile"
environment=$scratch/environment.yml
cat >"$environment" <<'YAML'
environment: 1
name: shop
class: production
journal: journals/journal.db
split: split.yml
source:
  scope: main
  patroni: {members: ["http://127.0.0.1:1"]}
  postgres: {dbname: app, user: pgcleave, passfile: passfile}
  route: {host: 127.0.0.1, port: 2}
  replication: {user: pgcleave, passfile: /etc/passfile}
target:
  scope: ci
  patroni: {members: ["http://127.0.0.1:3"]}
  postgres: {dbname: app, user: pgcleave, passfile: passfile}
  route: {host: 127.0.0.1, port: 4}
  replication: {user: pgcleave, passfile: /etc/passfile}
pools:
  - database: app
    bouncers:
      - {name: bouncer-1, console: {host: 127.0.0.1, port: 5, user: admin, passfile: passfile}, config: pgbouncer.ini}
YAML
staging=$scratch/staging.yml
sed 's/class: production/class: staging/' "$environment" >"$staging"

say "a shipped runbook by its name"
for name in logical-switchover promote-standby maintenance-window cleanup fence; do tool 0 validate "$name"; done
says "runbooks/fence.yml: valid"
tool 2 run logical-swichover -e "$staging"
says "is neither a file nor a runbook that is shipped"
says "did you mean logical-switchover?"
mkdir -p "$scratch/opt/bin" "$scratch/opt/share/pgcleave/runbooks"
cp "$build/pgcleave" "$scratch/opt/bin/"
sed 's/^name: .*/name: installed/' "$root/runbooks/fence.yml" >"$scratch/opt/share/pgcleave/runbooks/mine.yml"
PGCLEAVE=$scratch/opt/bin/pgcleave tool 0 validate mine
says "opt/share/pgcleave/runbooks/mine.yml: valid"

say "approvals beforehand of what asks nobody"
tool 2 run logical-switchover -e "$staging" --approve goo
says "--approve goo: is no step of runbook logical-switchover"
says "did you mean go?"
tool 2 run logical-switchover -e "$staging" --approve pause
says "asks nobody"
tool 2 run fence -e "$staging" --approve go
says "this runbook asks nobody"

say "the environment's name, typed wrong"
code=0
script -qec "'$build/pgcleave' run logical-switchover -e '$environment' --force drill" /dev/null \
  <<<"ship" >"$scratch/tool.out" 2>&1 || code=$?
is "exit code" "$code" 2
says "environment shop: was not confirmed: another name was typed (expected shop, seen ship)"
says "nothing was begun"

say "files that may not be used as they are: one finding each, with the command"
chmod 644 "$scratch/passfile"
tool 3 check -e "$staging" --json
is "findings" "$(jq -r '.findings[].id' "$scratch/tool.json")" access.passfile_mode
is "fix" "$(jq -r '.findings[].fix' "$scratch/tool.json")" "chmod 600 $scratch/passfile"
tool 2 run logical-switchover -e "$staging"
says "its mode is 0644"
one_line
chmod 600 "$scratch/passfile"
if [ "$(id -u)" = 0 ]; then
  chmod 755 "$scratch"
  chmod 644 "$scratch/pgbouncer.ini"
  chown nobody "$scratch/passfile"
  code=0
  setpriv --reuid="$(id -u nobody)" --clear-groups "$build/pgcleave" check -e "$staging" --json \
    >"$scratch/tool.json" 2>"$scratch/tool.out" || code=$?
  is "exit code of somebody who may not write" "$code" 3
  of_files='.findings[] | select(.id | test("^access.(bouncer_|journal_|passfile)"))'
  is "findings" "$(jq -r "$of_files | .id" "$scratch/tool.json" | tr '\n' ' ')" \
    "access.bouncer_file access.bouncer_folder access.journal_folder "
  jq -r "$of_files | .fix" "$scratch/tool.json" >"$scratch/fixes.out"
  contains "$scratch/fixes.out" "setfacl -m u:nobody:rw $scratch/pgbouncer.ini"
  contains "$scratch/fixes.out" "chown nobody $scratch/journals"
fi
tool 3 run logical-switchover -e "$staging"
if grep -F '\n' "$scratch/everything"; then failed "an end of a line is printed as \\n"; fi
say "ok"
