#!/usr/bin/env bash
# How long `pgcleave check` takes, and how much memory, on a database with many tables, foreign keys, programs and
# statements.
# Usage: check.sh BUILD ROUNDS JSON_FILE KEEP
set -euo pipefail
build=$1
rounds=$2
json=$3
KEEP=$4
source "$(dirname "$0")/../scenario.sh" "$build"
tables=${CHECK_TABLES-1000}
shapes=5 # of statements on each table

# Half of the tables move; each refers to two of its part, has three indexes, and every tenth comes with a view, a
# function and a trigger. Every hundredth statement joins the two parts.
database_sql() {
  awk -v tables="$tables" 'BEGIN {
    half = tables / 2
    print "set role app; set client_min_messages to error; begin;"
    for (i = 0; i < tables; i++) {
      schema = i < half ? "ci" : "public"
      printf "create table %s.big_%d (id bigserial primary key, client int not null, n bigint not null,", schema, i
      print " note text, a bigint, b bigint);"
      printf "create index on %s.big_%d (client, n); create index on %s.big_%d (a);\n", schema, i, schema, i
    }
    for (i = 0; i < tables; i++) {
      schema = i < half ? "ci" : "public"; first = i < half ? 0 : half
      printf "alter table %s.big_%d add foreign key (a) references %s.big_%d, ",
        schema, i, schema, first + (i * 7 + 1) % half
      printf "add foreign key (b) references %s.big_%d;\n", schema, first + (i * 13 + 5) % half
      if (i % 10 == 0) {
        printf "create view %s.view_%d as select x.id, y.n from %s.big_%d x join %s.big_%d y on y.id = x.a;\n",
          schema, i, schema, i, schema, first + (i + 1) % half
        printf "create function %s.touch_%d() returns trigger language plpgsql as $$ declare c bigint; ", schema, i
        printf "begin select count(*) into c from %s.big_%d where client = new.client; ", schema, i
        printf "if c > 0 then update %s.big_%d set note = new.note where id = new.a; end if; ",
          schema, first + (i + 1) % half
        printf "perform set_config(%s, c::text, true); return null; end $$;\n", "\x27pgcleave.bench\x27"
        printf "create trigger touch after insert on %s.big_%d for each row execute function %s.touch_%d();\n",
          schema, i, schema, i
      }
    }
    print "commit;"
  }'
}
statements_sql() {
  awk -v tables="$tables" -v shapes="$shapes" 'BEGIN {
    half = tables / 2
    print "set role app;"
    for (i = 0; i < tables; i++) {
      schema = i < half ? "ci" : "public"; first = i < half ? 0 : half
      table = schema ".big_" i; other = schema ".big_" (first + (i + 3) % half)
      if (i % 20 == 0) other = (i < half ? "public" : "ci") ".big_" ((i + half) % tables)
      printf "select id, client, n, note from %s where client = 1 and n = 2 order by n desc limit 20;\n", table
      printf "select x.id, x.note, y.n, count(*) over (partition by x.client) from %s x join %s y on y.id = x.a ",
        table, other
      print "where x.client in (1, 2, 3) and y.note like \x27a%\x27;"
      printf "update %s set note = \x27b\x27, n = n + 1 where id = 1 and client = 2;\n", table
      printf "with recent as (select id, a from %s where n > 5 order by id desc limit 10) ", table
      printf "select r.id, (select max(z.n) from %s z where z.b = r.id) from recent r;\n",
        schema ".big_" (first + (i + 9) % half)
      printf "delete from %s where id = -1 and not exists (select from %s o where o.b = 1);\n",
        table, schema ".big_" (first + (i + 5) % half)
    }
  }'
}

lab_up 3
say "the database grows"
database_sql | psql "$SOURCE" -v ON_ERROR_STOP=1 -q
statements_sql | psql "$SOURCE" -v ON_ERROR_STOP=1 -q >/dev/null
foreign_keys=$(source_sql "select count(*) from pg_constraint where contype = 'f'")
statements=$(source_sql "select count(distinct queryid) from pg_stat_statements")
all_tables=$(source_sql "select count(*) from pg_class
  where relkind in ('r', 'p') and relnamespace in ('ci'::regnamespace, 'public'::regnamespace)")
: >"$scratch/rounds"
for _ in $(seq "$rounds"); do
  code=0
  /usr/bin/time -f '{"seconds": %e, "cpu_seconds": %U, "memory_mib": %M}' -o "$scratch/time" "$build/pgcleave" check \
    -e "$environment" --json >"$scratch/found.json" 2>"$scratch/check.out" || code=$?
  [ "$code" = 3 ] || failed "check: exit code $code"
  grep '^{' "$scratch/time" | jq -c '.memory_mib /= 1024' | tee -a "$scratch/rounds" >&2
done
result=$(jq -s --argjson tables "$all_tables" --argjson keys "$foreign_keys" --argjson statements "$statements" \
  --slurpfile found "$scratch/found.json" '
  def spread: sort | {median: .[length / 2 | floor], least: .[0], most: .[-1]};
  {tables: $tables, foreign_keys: $keys, statements: $statements, rounds: length, seconds: (map(.seconds) | spread),
   cpu_seconds: (map(.cpu_seconds) | spread), memory_mib: (map(.memory_mib) | spread),
   findings: ($found[0].findings | group_by(.id) | map({(.[0].id): length}) | add)}' "$scratch/rounds")
[ -z "$json" ] || printf '%s\n' "$result" >"$json"
printf '%s\n' "$result"
