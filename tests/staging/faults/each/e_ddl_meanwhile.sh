title="a moved table gets a column, on the source only at first"
letter=E places="gate paused" lasts=6
fault() { source_sql "alter table ci.counters add column if not exists added_meanwhile int"; }
took_effect() { has_it source_sql; }
# As the README says: on both sides, on the source first where it adds.
heal() {
  [ "$(target_sql "select pg_is_in_recovery()")" = t ] ||
    target_sql "alter table ci.counters add column if not exists added_meanwhile int"
}
has_it() {
  [ "$("$1" "select count(*) from pg_attribute
    where attrelid = 'ci.counters'::regclass and attname = 'added_meanwhile' and not attisdropped")" = 1 ]
}
