#!/usr/bin/env bash
# Sequences that no column owns: called by a function in a default, by a trigger, by clients alone. They are carried
# there and back, whatever counts on between the promotion and the window; one that belongs to no class is refused
# before anything is changed.
source "$(dirname "$0")/../scenario.sh"
runbook=$root/runbooks/logical-switchover.yml
lab_up
bouncer="host=127.0.0.1 port=$(port bouncer-1) user=app dbname=$DB"

cat >"$scratch/odd_sequences.sql" <<'SQL'
set role app;
create table ci.by_function (id bigint primary key, v text);
create sequence ci.by_function_no;
create function ci.next_by_function() returns bigint language sql as $$ select nextval('ci.by_function_no') $$;
alter table ci.by_function alter id set default ci.next_by_function();
create table ci.by_trigger (id bigint primary key, v text);
create sequence public.by_trigger_no;  -- of a schema that is kept, and used by a moved table
create function ci.number_by_trigger() returns trigger language plpgsql as
  $$ begin new.id := nextval('public.by_trigger_no'); return new; end $$;
create trigger number before insert on ci.by_trigger for each row execute function ci.number_by_trigger();
create sequence ci.order_no;
create sequence ci.hibernate_seq increment 50;
create sequence ci.down increment -5 minvalue -1000000 maxvalue -1 start -1 cache 20;
create sequence public.named_no;
create sequence public.stays_no;       -- of a schema that is kept, and used by nobody: stays
create sequence ci."Free Standing" as smallint cycle maxvalue 300;
select from generate_series(1, 299) where nextval('ci."Free Standing"') = 0;
SQL
psql "$SOURCE" -v ON_ERROR_STOP=1 -qf "$scratch/odd_sequences.sql" >/dev/null

# As the application counts, through a bouncer; what it was given is kept. More than the 32 values that a standby's copy
# is ahead, since PostgreSQL writes sequences to the WAL beforehand (15).
count_on() {
  psql "$bouncer" -v ON_ERROR_STOP=1 -qtA <<'SQL' >>"$scratch/given" || failed "the application could not count on"
insert into ci.by_function (v) select 'x' from generate_series(1, 50) returning 'by_function ' || id;
insert into ci.by_trigger (v) select 'x' from generate_series(1, 50) returning 'by_trigger ' || id;
select kind || ' ' || nextval(kind::regclass)
  from generate_series(1, 50), unnest('{ci.order_no, ci.hibernate_seq, ci.down, named_no}'::text[]) kind;
SQL
}
no_value_twice() { # WHERE
  local twice
  twice=$(sort "$scratch/given" | uniq -d | tr '\n' ',')
  is "values that were given out twice, $1" "$twice" ""
}
state_of() { "$1" "select last_value || ' ' || is_called from $2"; }

say "a sequence in no class is refused by validate, plan and run, and named by check; nothing is changed"
source_sql "create schema other; create sequence other.ticket_no; create sequence other.\"Receipt No\""
for verb in "validate $runbook" "plan $runbook" "run $runbook --approve go"; do
  # shellcheck disable=SC2086
  tool 2 $verb -e "$environment"
  contains "$scratch/tool.out" "sequences: [other.\"Receipt No\", other.ticket_no] under moved, kept or shared"
done
tool 3 check -e "$environment" --json
contains "$scratch/tool.json" "fence.unclassified_sequence"
is "schema pgcleave on the source" "$(source_sql "select count(*) from pg_namespace where nspname = 'pgcleave'")" 0
say "a name that is mistyped has its position and a guess"
sed -i -e 's/^shared: {}$/shared: {sequences: [other.tiket_no, '"'other.\"Receipt No\"'"']}/' \
  -e 's/^  schemas: \[ci\]$/&\n  sequences: [named_no]/' "$dir/split.yml"
tool 2 validate "$runbook" -e "$environment"
contains "$scratch/tool.out" "split.yml:11:22: the database has no sequence other.tiket_no"
contains "$scratch/tool.out" "did you mean 'other.ticket_no'?"
sed -i 's/other.tiket_no/other.ticket_no/' "$dir/split.yml"
tool 0 validate "$runbook" -e "$environment"

say "forth, while the application counts on between promotion and window"
count_on
load_begin --writers 8 --reconnect 2 --rate 20
tool 6 run "$runbook" -e "$environment"
is "ci is no standby" "$(target_sql "select pg_is_in_recovery()")" f
count_on
kept_there=$(state_of target_sql public.stays_no)
source_sql "select nextval('public.stays_no')" >/dev/null
tool 0 resume -e "$environment" --approve go
load_end 1
is "owner on the target" "$(owner_on_target)" 2
count_on
no_value_twice "after the switchover"
is "the cycling sequence at 299 of 300" "$(state_of target_sql 'ci."Free Standing"')" "299 true"
is "the target's copy of a kept sequence" "$(state_of target_sql public.stays_no)" "$kept_there"

say "a sequence that came on the target only: status tells it, and a rollback is refused for it until the source" \
  "has it too"
target_sql "create sequence ci.later_no; alter sequence ci.later_no owner to app; select nextval('ci.later_no')" \
  >/dev/null
is "lossless" "$(status .rollback_path.lossless)" false
tool 3 rollback -e "$environment"
contains "$scratch/tool.out" "sequence ci.later_no exists on target ci only; make it on source main too"
source_sql "create sequence ci.later_no; alter sequence ci.later_no owner to app"
is "lossless" "$(status .rollback_path.lossless)" true

say "and back"
tool 0 rollback -e "$environment"
is "owner on the source" "$(owner_on_source)" 1
count_on
no_value_twice "after the rollback"
is "the later sequence" "$(state_of source_sql ci.later_no)" "1 true"
is "the cycling sequence at 299 of 300" "$(state_of source_sql 'ci."Free Standing"')" "299 true"
verify_clean source
say "ok"
