#!/usr/bin/env bash
# Names and messages that want to be something else: quotes, blanks, signs of all scripts, 63 bytes, backslashes, dollar
# quotes, keywords, escapes for terminals, HTML. A whole split over tables of such names goes there and back with each
# row, and says so harmlessly.
source "$(dirname "$0")/../scenario.sh"
lab_up 2

names=('a"b' "it's" 'back\slash' '$$; drop table users; $$' '$tag$' 'two  blanks ' 'from' 'naïve ✓ 表'
  'ABCDEFGHIJKLMNOPQRSTUVWXYZ_63_bytes_abcdefghijklmnopqrstuvwxyz0'
  '<script>alert(1)</script>' 'a.b' '%s %n {} ${params.x}' '--' '/*' 'U&"\0041"' '1' $'\e[31mred\e[0m' $'line\nbreak')
say "${#names[@]} hostile tables, in a hostile schema too"
{
  echo 'set role app;'
  echo 'create schema "ci ""odd"" schema";'
  for name in "${names[@]}"; do
    quoted=${name//\"/\"\"}
    for schema in ci '"ci ""odd"" schema"'; do
      printf 'create table %s."%s" (id bigserial primary key, "v ""x""" text);\n' "$schema" "$quoted"
      printf 'insert into %s."%s" ("v ""x""") select i from generate_series(1, 3) i;\n' "$schema" "$quoted"
    done
  done
} >"$scratch/tables.sql"
psql "$SOURCE" -v ON_ERROR_STOP=1 -q -f "$scratch/tables.sql"
# A message of a server that would clear the screen, should anybody print it as it is.
as_app "create function ci.speak() returns trigger language plpgsql as
  \$f\$ begin raise notice E'\\x1b[2Jcleared\\nsecond line'; return new; end \$f\$"
as_app "create trigger speaks before insert on ci.\"it's\" for each row execute function ci.speak()"
sed -i "s/schemas: \[ci\]/schemas: [ci, '\"ci \"\"odd\"\" schema\"']/" "$dir/split.yml"
grep -q 'odd' "$dir/split.yml" || failed "the split file does not name the odd schema"

# Nothing that a terminal obeys, in anything that was said, but the line end.
harmless() {
  local file
  for file in "$@"; do
    if LC_ALL=C grep -qP '[\x00-\x08\x0b-\x1f\x7f]' "$file"; then failed "$file holds control characters"; fi
  done
}
count() { # of rows in all hostile tables, on SIDE
  local sum=0 name quoted
  for name in "${names[@]}"; do
    quoted=${name//\"/\"\"}
    sum=$((sum + $("$1_sql" "select count(*) from ci.\"$quoted\"") +
      $("$1_sql" "select count(*) from \"ci \"\"odd\"\" schema\".\"$quoted\"")))
  done
  echo "$sum"
}
all=$((${#names[@]} * 6))
is "rows to begin with" "$(count source)" "$all"

load_begin --writers 2 --rate 10
"$build/pgcleave" check "$runbook" -e "$environment" >"$scratch/check.txt" 2>&1 || true
"$build/pgcleave" plan "$runbook" -e "$environment" >"$scratch/plan.txt" 2>&1
harmless "$scratch/check.txt" "$scratch/plan.txt"
tool 0 run "$runbook" -e "$environment" --approve go -v
harmless "$scratch/tool.out" "$scratch/tool.json"
is "owner on the target" "$(owner_on_target)" 2
is "rows on the target" "$(count target)" "$all"

say "writes come back from each of them, and the sequences are ahead"
for name in "${names[@]}"; do target_sql "insert into ci.\"${name//\"/\"\"}\" (\"v \"\"x\"\"\") values ('back')"; done
tool 0 rollback -e "$environment" -v
harmless "$scratch/tool.out" "$scratch/tool.json"
is "rows back on the source" "$(count source)" $((all + ${#names[@]}))
for name in "${names[@]}"; do
  source_sql "insert into ci.\"${name//\"/\"\"}\" (\"v \"\"x\"\"\") values ('again')" 2>/dev/null
done

for what in status log runs; do
  "$build/pgcleave" "$what" -e "$environment" >"$scratch/$what.txt" 2>&1
  harmless "$scratch/$what.txt"
done
for format in html md json; do
  "$build/pgcleave" report run -e "$environment" --format "$format" --out "$scratch/report.$format" 2>/dev/null
  harmless "$scratch/report.$format"
done
if grep -qi '<script' "$scratch/report.html"; then failed "the report holds a script"; fi
load_end
verify_clean source
say "ok"
