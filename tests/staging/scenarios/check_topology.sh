#!/usr/bin/env bash
# What is wrong with clusters, bouncers and settings is planted in a real lab and found by its id, and each blocker
# stops a run before anything is changed; on the repaired lab nothing is found.
source "$(dirname "$0")/../scenario.sh"
lab_up
source "$(dirname "$0")/../plants.sh"
patch() {
  curl -sSf -u "pgcleave:$(cat "$dir/rest.password")" -X PATCH -d "$2" "http://127.0.0.1:$(rest_port "$1")/config" \
    >/dev/null
}
console() {
  psql "host=127.0.0.1 port=$(port "$1") user=pgcleave_admin dbname=pgbouncer" -v ON_ERROR_STOP=1 -qtAc "$2"
}
# edit BOUNCER SED: its file and what runs; edit_file BOUNCER SED: the file alone
edit_file() { sed -i "$2" "$dir/$1.ini"; }
through() { psql "host=127.0.0.1 port=$(port "$1") user=app dbname=app" -qtAc "$2"; }  # as a client
edit() { edit_file "$1" "$2" && console "$1" RELOAD; }
say_setting() { edit "$1" "/^pool_mode/a $2"; }
unsay() { edit "$1" "/^$2 *=/d"; }
# alter_system MEMBER SETTING VALUE; reset_system MEMBER SETTING
alter_system() { on "$1" "alter system set $2 = $3" && reload "$1" && until_sees "on $1 'show $2'" "${4:-$3}"; }
reset_system() { on "$1" "alter system reset $2" && reload "$1"; }
reload() { on "$1" "select pg_reload_conf()" >/dev/null && sleep 0.2; }
# Patroni drops a slot that it does not know between its making and its first use, if one of its loops comes just then.
stream_by_a_slot() {
  mkdir -p "$scratch/wal"
  for _ in 1 2 3 4 5; do
    source_sql "select pg_create_physical_replication_slot('backup_tool')
                 where not exists (select from pg_replication_slots where slot_name = 'backup_tool')"
    pg_receivewal -d "host=127.0.0.1 port=$(port main-1) user=pgcleave" -S backup_tool -D "$scratch/wal" --no-loop \
      >/dev/null 2>&1 &
    echo $! >"$scratch/receivewal.pid"
    for _ in $(seq 20); do
      [ "$(source_sql "select active from pg_replication_slots where slot_name = 'backup_tool'")" = t ] && return
      sleep 0.1
    done
    kill "$!" || true
  done
  return 1
}
# The environment file of the next group, changed by a defect's plant.
cp "$dir/split.yml" "$scratch/"
copy_environment() {
  cp "$environment" "$scratch/edited.yml"
  check_environment=$scratch/edited.yml
}
in_copy() { sed -i "$1" "$scratch/edited.yml"; }

# target_has COLUMN VALUE: of the role app, which the target replays
target_has() { until_sees "target_sql \"select $1 from pg_roles where rolname = 'app'\"" "$2"; }

nothing_to_find "before anything is planted"

say "group 1: what Patroni is told"
defect topology.slot_unknown_to_patroni "a backup tool streams by a slot that Patroni does not know" stream_by_a_slot \
  "kill \$(cat $scratch/receivewal.pid)
   until_sees \"source_sql \\\"select bool_or(active) is not true from pg_replication_slots
                             where slot_name = 'backup_tool'\\\"\" t
   source_sql \"select pg_drop_replication_slot(slot_name) from pg_replication_slots
               where slot_name = 'backup_tool'\"" backup_tool
defect topology.patroni_paused "the target's Patroni is paused" \
  "patch ci-1 '{\"pause\": true}'" "patch ci-1 '{\"pause\": null}'" "target ci"
defect topology.switchover_scheduled "a switchover of the source is scheduled" \
  "patronictl -c $dir/main-1.yml switchover main --leader main-1 --candidate main-2 --force \
     --scheduled 2037-01-01T00:00" \
  "patronictl -c $dir/main-1.yml flush main switchover --force" "source main"
defect topology.synchronous_mode_strict "the target's commits would need a synchronous standby" \
  "patch ci-1 '{\"synchronous_mode_strict\": true}'" "patch ci-1 '{\"synchronous_mode_strict\": null}'"
defect topology.pre_promote "a command runs before the promotion" \
  "patch ci-1 '{\"postgresql\": {\"pre_promote\": \"/bin/true\"}}'" \
  "patch ci-1 '{\"postgresql\": {\"pre_promote\": null}}'" /bin/true
defect topology.role_callback "a callback runs at the promotion" \
  "patch ci-1 '{\"postgresql\": {\"callbacks\": {\"on_role_change\": \"/bin/false\"}}}'" \
  "patch ci-1 '{\"postgresql\": {\"callbacks\": null}}'" /bin/false
defect topology.slot_not_declared "Patroni does not know the standby's slot" \
  "patch main-1 '{\"slots\": null}'" "patch main-1 '{\"slots\": {\"ci_cluster\": {\"type\": \"physical\"}}}'" ci_cluster
defect topology.change_reader_stays "a reader of changes would miss the moved tables" \
  "patch main-1 '{\"ignore_slots\": [{\"name\": \"reader\", \"type\": \"logical\"}]}'
   sleep 1  # a loop that began before it would drop the slot
   source_sql \"select pg_create_logical_replication_slot('reader', 'pgoutput')\"" \
  "source_sql \"select pg_drop_replication_slot('reader')\"; patch main-1 '{\"ignore_slots\": null}'" "slot reader"
defect topology.synchronous_across "the source's commits wait for the target's leader" \
  "alter_system main-1 synchronous_standby_names \"'\\\"ci-1\\\"'\" ci-1
   until_sees \"source_sql \\\"select sync_state from pg_stat_replication where application_name = 'ci-1'\\\"\" sync" \
  "reset_system main-1 synchronous_standby_names" ci-1
defect topology.synchronous_standby_missing "the target's commits would wait for nobody" \
  "alter_system ci-1 synchronous_standby_names \"'nobody'\" nobody" "reset_system ci-1 synchronous_standby_names" nobody
look_for_defects

say "group 2: bouncers and users"
defect topology.user_may_not_connect "a user that the bouncers know may not connect to the database" \
  "source_sql 'create role batch login; revoke connect on database app from public'
   echo '\"batch\" \"x\"' >>$dir/bouncer.users; console bouncer-1 RELOAD
   until_sees \"target_sql \\\"select rolname from pg_roles where rolname = 'batch'\\\"\" batch" \
  "sed -i '/batch/d' $dir/bouncer.users; console bouncer-1 RELOAD
   source_sql 'grant connect on database app to public; drop role batch'" "user batch"
defect topology.bouncer_query_wait_timeout "clients that wait are cut within the budget" \
  "say_setting bouncer-1 'query_wait_timeout = 3'" "unsay bouncer-1 query_wait_timeout" "3 s"
defect topology.bouncer_query_timeout "long queries are cut within the budget" \
  "say_setting bouncer-1 'query_timeout = 4'" "unsay bouncer-1 query_timeout" "4 s"
defect topology.bouncer_client_login_timeout "clients that log in while paused are cut" \
  "say_setting bouncer-1 'client_login_timeout = 5'" "unsay bouncer-1 client_login_timeout" bouncer-1
defect topology.bouncer_route_in_file "a file points elsewhere than what runs" \
  "edit_file bouncer-1 's/port=$(port main-1)/port=$(port main-2)/'" \
  "edit_file bouncer-1 's/port=$(port main-2)/port=$(port main-1)/'" "$(port main-2)"
defect topology.bouncer_waits_for_ever "clients would wait without an end" \
  "say_setting bouncer-2 'query_wait_timeout = 0'" "unsay bouncer-2 query_wait_timeout" bouncer-2
defect topology.bouncer_pools_by_session "a bouncer pools by session" \
  "edit bouncer-2 's/dbname=app/& pool_mode=session/'" "edit bouncer-2 's/ pool_mode=session//'" bouncer-2
defect topology.bouncer_dbname_in_file "a RELOAD would lead to another database" \
  "edit_file bouncer-2 's/dbname=app/dbname=postgres/'" "edit_file bouncer-2 's/dbname=postgres/dbname=app/'" postgres
if [ "$(console bouncer-3 'show version' | sed 's/^[^.]*\.\([0-9]*\).*/\1/')" -lt 23 ]; then  # others hold by a pause
  defect topology.bouncer_own_pool_size "a pool has a size on its own line" \
    "edit bouncer-3 's/dbname=app/& pool_size=19/'" "edit bouncer-3 's/ pool_size=19//'" bouncer-3
fi
defect topology.bouncer_paused "somebody paused a pool" "console bouncer-3 'PAUSE app'" \
  "console bouncer-3 'RESUME app'" bouncer-3
defect topology.bouncer_server_login_retry "one refused login stalls clients for minutes" \
  "say_setting bouncer-3 'server_login_retry = 120'" "unsay bouncer-3 server_login_retry" bouncer-3
defect topology.bouncer_reload_would_change "what runs was set by hand" \
  "console bouncer-3 \"SET server_check_delay = 29\"" "console bouncer-3 \"SET server_check_delay = 30\"" \
  server_check_delay
defect topology.leftover "the reverse subscription of an earlier run was left" \
  "source_sql \"create subscription pgcleave_ci_reverse connection 'host=nowhere.invalid'
               publication p with (connect = false)\"" \
  "source_sql 'alter subscription pgcleave_ci_reverse set (slot_name = none); drop subscription pgcleave_ci_reverse'" \
  "source main"
defect topology.user_may_not_log_in "a user of the pool may not log in" \
  "source_sql 'alter role app nologin'; target_has rolcanlogin f" \
  "source_sql 'alter role app login'; target_has rolcanlogin t" "user app"
also access.bouncer_login access.probe_login  # of the user that may not log in
# Nor may the role that is no superuser connect, with which the links are made.
[ "$own_role" = pgcleave ] || also access.link_login
look_for_defects

say "group 3: an environment file that is wrong"
copy_environment
defect topology.member_unreachable "a member's REST address does not answer" \
  "in_copy 's/\"http:..127.0.0.1:$(rest_port ci-2)\"/\"http:\/\/127.0.0.1:1\"/'" true "127.0.0.1:1 of target ci"
defect topology.new_route_leads_to_replica "the new route leads to a replica" \
  "in_copy 's/route: {host: 127.0.0.1, port: $(port ci-1)}/route: {host: 127.0.0.1, port: $(port ci-2)}/'" true
defect topology.bouncer_unreachable "a bouncer is not there" \
  "in_copy '/name: bouncer-2/s/port: $(port bouncer-2)/port: 2/'" true bouncer-2
defect topology.user_refused "the target refuses a user of the pool" \
  "source_sql 'alter role app connection limit 0'; target_has rolconnlimit 0" \
  "source_sql 'alter role app connection limit -1'; target_has rolconnlimit -1" "user app"
also access.bouncer_login access.probe_login                                   # of the user that is refused
look_for_defects

say "a bouncer that is named twice"
copy_environment
defect topology.bouncer_not_distinct "a bouncer is named twice" \
  "in_copy '/name: bouncer-3/s|host: 127.0.0.1, port: $(port bouncer-3)|host: $dir/run, port: $(port bouncer-1)|'" \
  true "same process"
also topology.bouncer_reads_another_file topology.bouncer_reload_would_change  # of that bouncer
refused_before topology.bouncer_not_distinct  # the bouncers are told apart before a run begins
look_for_defects

say "group 4: another one"
copy_environment
defect topology.wrong_cluster "a member of the source is taken for one of the target" \
  "in_copy 's/, \"http:..127.0.0.1:$(rest_port main-2)\"//
            s/\"http:..127.0.0.1:$(rest_port ci-2)\"/\"http:\/\/127.0.0.1:$(rest_port main-2)\"/'" true \
  "$(rest_port main-2) of target ci"
defect topology.new_route_leads_elsewhere "the new route leads to the source's cluster" \
  "in_copy 's/route: {host: 127.0.0.1, port: $(port ci-1)}/route: {host: 127.0.0.1, port: $(port main-2)}/'" true \
  "cluster_name there is main"
defect topology.bouncer_file_unreadable "a bouncer's file is not where it should be" \
  "in_copy '/name: bouncer-1/s|$dir/bouncer-1.ini|$dir/nowhere.ini|'" true bouncer-1
defect topology.bouncer_no_admin "the console's user may only look" \
  "edit bouncer-1 's/^stats_users.*/&, app/'; in_copy '/name: bouncer-1/s/user: pgcleave_admin/user: app/'" \
  "edit bouncer-1 's/^\(stats_users.*\), app/\1/'" "user app"
defect topology.bouncer_reads_another_file "a bouncer reads another file" \
  "cp $dir/bouncer-2.ini $dir/copy.ini; in_copy '/name: bouncer-2/s|$dir/bouncer-2.ini|$dir/copy.ini|'" \
  "rm $dir/copy.ini" bouncer-2
# Repaired only after server_login_retry.
defect topology.bouncer_host_is_a_name "a bouncer goes by a name" \
  "edit bouncer-3 's/host=127.0.0.1/host=localhost/'" \
  "edit bouncer-3 's/host=localhost/host=127.0.0.1/'; until_sees 'through bouncer-3 \"select 1\"' 1" localhost
also topology.bouncer_route_in_file topology.bouncer_route_that_runs
also access.probe_login  # by the bouncer with a name, whose first address may be one where nobody listens
look_for_defects

say "a route that does not follow its leader"
copy_environment
defect topology.route_is_replica "the source's route is the address of a replica" \
  "in_copy '/^source:/,/^target:/{
     s/route: {host: 127.0.0.1, port: $(port main-1)}/route: {host: 127.0.0.1, port: $(port main-2)}/}'" true \
  "is member main-2, but main-1 leads"
also topology.bouncer_route_in_file topology.bouncer_route_that_runs
look_for_defects

say "group 5: sides swapped"
copy_environment
defect topology.sides_swapped "source and target are swapped" \
  "in_copy 's/^source:/SOURCE:/; s/^target:/source:/; s/^SOURCE:/target:/'" true
also topology.bouncer_route_in_file topology.bouncer_route_that_runs settings.not_checked
look_for_defects

say "group 6: a standby that is cut off"
check_environment=$environment
defect topology.not_streaming "the target follows nobody" \
  "patch ci-1 '{\"standby_cluster\": {\"port\": 1}}'
   until_sees \"target_sql 'select count(*) from pg_stat_wal_receiver'\" 0" \
  "patch ci-1 '{\"standby_cluster\": {\"port\": $(port main-1)}}'
   until_sees \"target_sql 'select status from pg_stat_wal_receiver'\" streaming"
also topology.slot_unused
look_for_defects

say "group 7: settings"
source_data=$(jq -r '.members[] | select(.name == "main-1") | .data' "$dir/lab.json")
target_data=$(jq -r '.members[] | select(.name == "ci-1") | .data' "$dir/lab.json")
in_postgres() { psql "host=127.0.0.1 port=$(port main-1) user=pgcleave dbname=postgres" -v ON_ERROR_STOP=1 -qtAc "$1"; }
defect access.rewind_rights "the role that rewinds lacks a right" \
  "in_postgres 'revoke execute on function pg_read_binary_file(text) from rewind_ci'" \
  "in_postgres 'grant execute on function pg_read_binary_file(text) to rewind_ci'" "as rewind_ci"
defect settings.own_sessions_cut "pgcleave's own statements are cut" \
  "source_sql \"alter role $own_role set statement_timeout = '30s'\"" \
  "source_sql 'alter role $own_role reset statement_timeout'" 30000
defect settings.read_only_by_default "a user's transactions are read-only by default" \
  "source_sql 'alter role app set default_transaction_read_only = on'" \
  "source_sql 'alter role app reset default_transaction_read_only'" "role app"
defect settings.collation_version "the target's library sorts otherwise than its indexes were built" \
  "as_app \"create collation public.old_icu (provider = icu, locale = 'en', version = '1.0');
                 create table public.by_icu (t text collate public.old_icu primary key)\"
   until_sees \"target_sql \\\"select to_regclass('public.by_icu')\\\"\" by_icu" \
  "source_sql 'drop table public.by_icu; drop collation public.old_icu'" "on target ci"
defect settings.slots_left "no replication slot is left on the source" \
  "patch main-1 '{\"ignore_slots\": [{\"type\": \"physical\"}]}'
   sleep 1
   source_sql \"select pg_create_physical_replication_slot('filler_' || i)
                from generate_series(1, 19 - (select count(*)::int from pg_replication_slots)) i\"" \
  "source_sql \"select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name ~ '^filler'\"
   patch main-1 '{\"ignore_slots\": null}'" \
  "source main"
defect settings.pg_rewind_off "Patroni may not rewind the target" \
  "patch ci-1 '{\"postgresql\": {\"use_pg_rewind\": false}}'" \
  "patch ci-1 '{\"postgresql\": {\"use_pg_rewind\": true}}'" "target ci"
defect settings.recovery_delay "the target replays late" \
  "patch ci-1 '{\"standby_cluster\": {\"recovery_min_apply_delay\": \"5s\"}}'
   until_sees \"target_sql 'show recovery_min_apply_delay'\" 5s" \
  "patch ci-1 '{\"standby_cluster\": {\"recovery_min_apply_delay\": null}}'
   until_sees \"target_sql 'show recovery_min_apply_delay'\" 0"
defect settings.restore_command "the promotion would ask an archive first" \
  "patch ci-1 '{\"standby_cluster\": {\"restore_command\": \"sleep 2; false\"}}'
   until_sees \"target_sql 'show restore_command'\" 'sleep 2'" \
  "patch ci-1 '{\"standby_cluster\": {\"restore_command\": null}}'" "sleep 2"
sleep_for_patroni="sleep 1"  # it rewrites postgresql.conf and reloads
defect settings.temp_file_limit "an index could not be built again" \
  "$sleep_for_patroni; alter_system main-1 temp_file_limit \"'16kB'\" 16kB" "reset_system main-1 temp_file_limit" \
  "source main"
defect settings.slot_wal_limited "a slot that falls behind is lost" \
  "alter_system main-1 max_slot_wal_keep_size \"'1GB'\" 1GB" "reset_system main-1 max_slot_wal_keep_size" "source main"
defect settings.smaller_on_target "the source has more memory for a query" \
  "alter_system main-1 work_mem \"'64MB'\" 64MB" "reset_system main-1 work_mem" work_mem
defect settings.pending_restart "a change waits for a restart" \
  "on main-1 \"alter system set shared_buffers = '65MB'\"; reload main-1
   until_sees \"source_sql 'select name from pg_settings where pending_restart'\" shared_buffers" \
  "reset_system main-1 shared_buffers" shared_buffers
defect settings.differs "the target lives in another time zone" \
  "alter_system ci-1 timezone \"'Asia/Tokyo'\" Tokyo" "reset_system ci-1 timezone" TimeZone
defect settings.wal_retry_interval "the promotion would wait for a retry" \
  "alter_system ci-1 wal_retrieve_retry_interval \"'7s'\" 7s" "reset_system ci-1 wal_retrieve_retry_interval" 7000
defect settings.replay_held_up "a query on the standby holds up replay" \
  "alter_system ci-1 hot_standby_feedback off" "reset_system ci-1 hot_standby_feedback"
defect settings.not_crash_safe "a crash would destroy pages" \
  "alter_system ci-1 full_page_writes off" "reset_system ci-1 full_page_writes" full_page_writes
defect settings.connections_left "the pools may open more connections than the target takes" \
  "edit bouncer-1 's/^default_pool_size.*/default_pool_size = 400/'" \
  "edit bouncer-1 's/^default_pool_size.*/default_pool_size = 20/'"
defect settings.hba_error "a line of pg_hba.conf is broken" \
  "echo 'nonsense here' >>$source_data/pg_hba.conf" "sed -i '/^nonsense here/d' $source_data/pg_hba.conf" "source main"
defect settings.hba_differs "who may log in differs" \
  "echo 'host all batch 10.1.0.0/16 scram-sha-256' >>$source_data/pg_hba.conf" \
  "sed -i '/10.1.0.0/d' $source_data/pg_hba.conf" 10.1.0.0
defect settings.file_error "a setting can't be read" \
  "echo 'work_mem = nonsense' >>$target_data/postgresql.conf" "sed -i '/nonsense/d' $target_data/postgresql.conf" \
  "target ci"
look_for_defects

say "group 8: logins"
copy_environment
echo '*:*:*:*:wrong' >"$scratch/wrong.passwords"
chmod 600 "$scratch/wrong.passwords"
echo wrong >"$scratch/wrong.password"
defect access.probe_login "the probe's password is wrong" \
  "in_copy 's|probe: {user: app, passfile: [^}]*}|probe: {user: app, passfile: $scratch/wrong.passwords}|'" true \
  "bouncer-1"
defect access.rest_write "Patroni's password is wrong" \
  "in_copy '/^target:/,\$s|$dir/rest.password|$scratch/wrong.password|'" true "Patroni of target ci"
link_without_password="user: pgcleave, passfile: /nowhere"
if [ "$own_role" != pgcleave ]; then
  link_without_password="user: pgcleave_link, password: \"\${file:$scratch/wrong.password}\""
fi
defect access.link_login "the source's server has no password for the target" \
  "in_copy '/^target:/,/^pools:/s|replication: {.*|replication: {$link_without_password}|'" true \
  "from source main's server to target ci"
defect access.link_hba "no line of pg_hba.conf lets the target's members in" \
  "sed -i '1i host app pgcleave_link 127.0.0.1/32 reject' $source_data/pg_hba.conf
   in_copy '/^source:/,/^target:/s|replication: {user: pgcleave,|replication: {user: pgcleave_link,|'" \
  "sed -i '/pgcleave_link/d' $source_data/pg_hba.conf" "member ci-1 of target ci"
also access.bouncer_login topology.user_refused settings.hba_differs  # of the password and of the line
look_for_defects
copy_environment
defect access.bouncer_login "nobody listens on the new route" \
  "in_copy '/^target:/,/^pools:/{s/route: {host: 127.0.0.1, port: $(port ci-1)}/route: {host: 127.0.0.1, port: 1}/
     s/replication: {/replication: {host: 127.0.0.1, port: $(port ci-1), /}'" true "target ci by 127.0.0.1:1"
defect topology.new_route_closed "nobody listens on the new route, as topology sees it" true true "127.0.0.1:1"
also topology.user_refused
look_for_defects

defects_end 62 35
say "ok"
