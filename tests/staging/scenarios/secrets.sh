#!/usr/bin/env bash
# No password comes out: passwords of every special character are planted, all that the tool says, writes and starts is
# kept, and searched for them in six encodings.
source "$(dirname "$0")/../scenario.sh"
find_secrets=$root/tests/staging/find_secrets.py
secrets=$scratch/secrets
kept=$scratch/kept
mkdir "$kept"
touch "$kept/processes"

# Each has a core of its own, so that it is found however it was escaped.
printf '%s\n' "zqCoreTool8:\"\\'; \$x &|<>#%{}é/+=" "zqCoreApp8 \"'\\:@?*" "zqCoreAdmin8'\"\\\$(x)\`y\`" >"$secrets"
printf '%s\n' "zqWrong8'\"\\:x" >"$scratch/wrong"
cat "$secrets" "$scratch/wrong" >"$scratch/all"
printf '%s\n' zqCoreTool8 zqCoreApp8 zqCoreAdmin8 zqWrong8 >>"$scratch/all"
mapfile -t password <"$secrets"

say "what is planted is found, in each of the six encodings"
"$find_secrets" --plant "$scratch/planted" "$secrets"
for file in "$scratch"/planted/*; do
  ! "$find_secrets" "$secrets" "$file" >/dev/null 2>&1 || failed "the search does not find $(basename "$file")"
done

lab_up 2
of_pgpass() { printf '%s' "$1" | sed 's/[\\:]/\\&/g'; }
of_userlist() { printf '%s' "$1" | sed 's/"/""/g'; }
users=("$own_role" app pgcleave_admin)
for n in 0 1; do printf "alter role %s password :'pw%s';\n" "${users[n]}" "$n"; done |
  psql "$SOURCE" -v ON_ERROR_STOP=1 -v pw0="${password[0]}" -v pw1="${password[1]}" -q
for n in 0 1 2; do
  PW="$(of_pgpass "${password[n]}")" awk -F: -v user="${users[n]}" \
    'BEGIN {OFS=":"} $4 == user {print "*", "*", "*", user, ENVIRON["PW"]; next} {print}' \
    "$PGPASSFILE" >"$scratch/passfile"
  console_with=$PGPASSFILE
  [ "$n" = 2 ] || cat "$scratch/passfile" >"$PGPASSFILE"
done
# The links' login: of a superuser the server has it in a file, of another role the subscription brings it along.
if [ "$own_role" != pgcleave ]; then
  psql "$SOURCE" -v ON_ERROR_STOP=1 -v pw="${password[0]}" -q <<<"alter role pgcleave_link password :'pw'"
  link_password=$(grep -o 'replication: .*file:[^}]*' "$environment" | head -n 1 | sed 's/.*file://')
  printf '%s' "${password[0]}" >"$link_password"
else
  server_passfile=$(grep -o 'passfile: [^}]*server[^}]*' "$environment" | head -n 1 | cut -d' ' -f2)
  PW="$(of_pgpass "${password[0]}")" \
    awk -F: 'BEGIN {OFS=":"} $4 == "pgcleave" {print "*", "*", "*", "pgcleave", ENVIRON["PW"]; next} {print}' \
    "$server_passfile" >"$scratch/server_passfile"
  cat "$scratch/server_passfile" >"$server_passfile"
fi
for n in 0 1 2; do printf '"%s" "%s"\n' "${users[n]}" "$(of_userlist "${password[n]}")"; done >"$scratch/users"
cat "$scratch/users" >"$dir/bouncer.users"
ports=$(printf '%s\n' "$BOUNCERS" | grep -o 'port=[0-9]*' | cut -d= -f2; grep -l 'tables that stay' "$dir"/*.ini |
  xargs sed -n 's/^listen_port = //p')
for port in $ports; do
  PGPASSFILE=$console_with psql "host=127.0.0.1 port=$port user=pgcleave_admin dbname=pgbouncer" -qc RELOAD
done
cat "$scratch/passfile" >"$PGPASSFILE"
is "the new password is used" "$(source_sql "select 1")" 1

# The process list, over and over: what children are given.
watch_processes() {
  local tool pid
  while [ ! -e "$scratch/enough" ]; do
    for tool in $(pgrep -x pgcleave || true); do
      grep -qzF "$scratch" "/proc/$tool/cmdline" 2>/dev/null || continue
      for pid in "$tool" $(pgrep -P "$tool" || true); do
        cat "/proc/$pid/cmdline" "/proc/$pid/environ" >>"$kept/processes" 2>/dev/null || true
      done
    done
    sleep 0.05
  done
}
watch_processes &

number=0
# said WORDS...: any exit code; what it says is kept
said() {
  number=$((number + 1))
  "$build/pgcleave" "$@" >"$kept/$number-$1.stdout" 2>"$kept/$number-$1.stderr" ||
    echo "exit $?" >>"$kept/$number-$1.stderr"
}
load_begin --writers 2 --rate 10
sed 's/^  - id: ready$/  - {id: told, uses: run.command, with: {argv: [sh, -c, "cat \/dev\/null"]}}\n&/' "$runbook" \
  >"$scratch/with_command.yml"

say "check, plan, run, rollback, and what tells of them"
said check "$scratch/with_command.yml" -e "$environment" -v
said check "$scratch/with_command.yml" -e "$environment" --json
said plan "$scratch/with_command.yml" -e "$environment" -v
said run "$scratch/with_command.yml" -e "$environment" --approve go -v
is "owner on the target" "$(owner_on_target)" 2
said status -e "$environment" -v
said rollback -e "$environment" -v --json
is "owner on the source" "$(owner_on_source)" 1

say "a run that fails, and passwords that are wrong"
sed 's/default: 5s/default: 2ms/' "$runbook" >"$scratch/short.yml"
said run "$scratch/short.yml" -e "$environment" --approve go -v
said rollback -e "$environment" -v
wrong=$(head -n 1 "$scratch/wrong")
for user in "$own_role" app pgcleave_admin; do
  printf '*:*:*:%s:%s\n' "$user" "$(of_pgpass "$wrong")"
done >"$scratch/wrong_passfile"
chmod 600 "$scratch/wrong_passfile"
sed "s|passfile: $PGPASSFILE|passfile: $scratch/wrong_passfile|" "$environment" |
  sed "s|^split: .*|split: $dir/split.yml|" >"$scratch/wrong_passwords.yml"
sed "s|file:[^}]*|file:$scratch/wrong|" "$environment" |
  sed "s|^split: .*|split: $dir/split.yml|" >"$scratch/wrong_rest.yml"
sed "s|password: .*|password: \"zqWrong8 literal\"|" "$environment" >"$scratch/literal.yml"
sed "s|http://127|http://admin:zqWrong8@127|" "$environment" |
  sed "s|^split: .*|split: $dir/split.yml|" >"$scratch/in_url.yml"
for file in wrong_passwords wrong_rest literal in_url; do
  said check "$runbook" -e "$scratch/$file.yml" -v
  said run "$runbook" -e "$scratch/$file.yml" --approve go -v --journal "$kept/$file.db"
done
grep -qi "password" "$kept"/*-run.stderr || failed "no wrong password was noticed"

for format in html md json; do said report run -e "$environment" --format "$format" --out "$kept/report.$format"; done
said log -e "$environment"
said log -e "$environment" --json
said runs -e "$environment" --json
load_end
touch "$scratch/enough"
source_sql "select coalesce(string_agg(subconninfo, ' '), '') from pg_subscription" >"$kept/subscriptions"
target_sql "select coalesce(string_agg(subconninfo, ' '), '') from pg_subscription" >>"$kept/subscriptions"
cp "$dir"/journal.db* "$kept/"
find "$dir" "$scratch" . -maxdepth 1 -name 'core*' -exec cp {} "$kept/" \;
[ -s "$kept/processes" ] || failed "no process was looked at"
[ -s "$kept/journal.db.samples" ] || failed "there are no samples to search"

"$find_secrets" "$scratch/all" "$kept" "$dir/log" >"$scratch/found.out" 2>"$scratch/count" || failed "a secret came out"
if [ -n "${FIGURES:-}" ]; then  # as "12 files, 7 secrets, 0 found"
  jq -nR 'input | capture("(?<files>[0-9]+) files, (?<secrets>[0-9]+) secrets, (?<found>[0-9]+) found")' \
    "$scratch/count" >"$FIGURES"
fi
say "ok: $(cat "$scratch/count")"
