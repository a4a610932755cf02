#!/usr/bin/env bash
# The first hour, by what the tool printed: init from three addresses writes files that need two more lines, both of
# them passwords; each command names the next one; check, plan, rehearse, report, run and rollback are typed as printed.
# Before that what is wrong is told within seconds, by its address, and nothing is written.
source "$(dirname "$0")/../scenario.sh"
lab_up 1
hour=$scratch/hour
mkdir "$hour"
cd "$hour" || exit
source_at=127.0.0.1:$(rest_port main-1)
target_at=127.0.0.1:$(rest_port ci-1)
console=127.0.0.1:$(port bouncer-1)
export PATH=$build:$PATH
says() { contains "$scratch/tool.out" "$1"; }
nothing_written() { is "files in the folder" "$(ls -A "$hour")" ""; }
wrong() {  # wrong EXIT WORDS...: refused within ten seconds, and nothing is written
  SECONDS=0
  tool "$@"
  [ "$SECONDS" -le 10 ] || failed "it took $SECONDS s"
  nothing_written
}
# The command that the tool named last, without what stands behind it for people.
next() { sed -n 's/^next: \(pgcleave .*\)/\1/p' "$scratch/tool.out" | tail -n 1 | sed 's/   .*//'; }
typed() {  # typed EXIT: types what was printed
  local command code=0
  command=$(next)
  [ -n "$command" ] || failed "no next command was printed"
  say "typed: $command"
  eval "timeout 900 $command" >"$scratch/tool.json" 2>"$scratch/tool.out" || code=$?
  [ "$code" = "$1" ] || failed "$command: exit code $code, expected $1"
}

say "what is wrong is told by its address"
wrong 2 init --source "$source_at" --target "$target_at" </dev/null
says "--console: is missing"
wrong 3 init --source "127.0.0.1:1" --target "$target_at" --console "$console" --console-user pgcleave_admin
says "--source http://127.0.0.1:1: is not answered"
wrong 3 init --source "$console" --target "$target_at" --console "$console" --console-user pgcleave_admin
says "--source http://$console"
wrong 2 init --source "$source_at" --target "$source_at" --console "$console" --console-user pgcleave_admin
says "--target: belongs to the same cluster as --source"
wrong 3 init --source "$source_at" --target "$target_at" --console "$console" --console-user app
says "--console $console: refuses the login"
says "admin_users"
install -m 600 /dev/null "$scratch/empty"
wrong 3 init --source "$source_at" --target "$target_at" --console "$console" --console-user pgcleave_admin \
  --passfile "$scratch/empty"
says "asks for a password, and none was found"
wrong 3 init --source "$source_at" --target "$target_at" --console "127.0.0.1:2"
says "--console 127.0.0.1:2: is not answered"
wrong 2 init --source "$source_at" --target "$target_at" --console "$console" --console-user pgcleave_admin \
  --moved-schemas cii
says "no table is in schema cii"
says "did you mean 'ci'"

say "three addresses, and who logs in"
tool 0 init --source "$source_at" --target "$target_at" --console "$console" --console-user pgcleave_admin \
  --probe-user app --class staging --moved-schemas ci --moved-tables 'public.ci_*' --moved-tables 'public."Weird Name"'
cp "$scratch/tool.json" "$scratch/init.out"
head -n 60 "$scratch/init.out"
is "modes of the secrets" "$(stat -c %a replication-password rest-password | sort -u)" 600
is "files" "$(ls | tr '\n' ' ')" \
  "environment.schema.json environment.yml replication-password rest-password split.schema.json split.yml "
is_own_split() {  # is_own_split FILE: it says what the lab's own file says
  is "the split" "$(python3 -c "
import sys, yaml
a, b = (yaml.safe_load(open(f)) for f in sys.argv[1:])
print(a == b or (a, b))" "$1" "$dir/split.yml")" True
}
is_own_split split.yml
cat environment.yml
rest_password=$(jq -r .credentials.rest_password "$dir/lab.json")
cat "$rest_password" <(cut -d: -f5 "$dir/passfile") >"$scratch/secrets"
if grep -qFf "$scratch/secrets" ./*.yml "$scratch/init.out"; then failed "a secret is in the files or in the output"; fi
first=$(next)
is "the next command" "$first" "pgcleave check -e environment.yml"
tool 2 init --source "$source_at" --target "$target_at" --console "$console"
says "environment.yml: is there already, and nothing is overwritten"

say "what is missing, by hand: two lines"
grep -A1 '^missing' "$scratch/init.out" || failed "nothing is said to be missing"
awk -F: '$4 == "pgcleave" {print $5}' "$dir/passfile" >replication-password
cp "$rest_password" rest-password

say "the hour"
load_begin

say "with nothing asked for, it proposes what goes through the pool: the lab's own split"
addresses=(--source "$source_at" --target "$target_at" --console "$console" --console-user pgcleave_admin)
tool 0 init "${addresses[@]}" --directory "$scratch/proposed"
head -n 12 "$scratch/tool.json" | tail -n 7
is_own_split "$scratch/proposed/split.yml"
# The two secrets are not needed to see what has changed, but the files have to be readable.
printf 'x\n' | tee "$scratch/proposed/replication-password" >"$scratch/proposed/rest-password"
tool 0 init --check --directory "$scratch/proposed"
source_sql "create schema fresh; create table fresh.later (id int)"
tool 3 init --check --directory "$scratch/proposed"
contains "$scratch/tool.json" "split ci: table fresh.later is new, and in no class"
source_sql "drop schema fresh cascade"

say "the hour goes on"
tool 0 ${first#pgcleave }
typed 0  # rehearse
typed 3  # report: nobody has signed; a run on staging needs no verdict
[ -s readiness.html ] || failed "there is no report"
typed 6  # run: it waits at its gate
typed 0  # approve, and resume
is "owner on the target" "$(owner_on_target)" 2
typed 0  # rollback
is "owner on the source" "$(owner_on_source)" 1
load_end
verify_clean source
say "ok"
