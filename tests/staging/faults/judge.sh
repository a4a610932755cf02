# Who serves, whether clients flow, and whether anything was lost. By SQL, the bouncers' consoles, what clients were
# told, and the WAL.

# Sets owner_source, owner_target (0 nobody, 1 source, 2 target, - not to be had) and serves (source, target, nobody,
# both).
look() {
  owner_source=$(source_sql "select case when to_regclass('pgcleave.owner_ci') is null then 'none' else 'some' end") ||
    owner_source=-
  [ "$owner_source" != some ] || owner_source=$(source_sql "select last_value from pgcleave.owner_ci") || owner_source=-
  local at_target
  at_target=$(target_sql \
    "select pg_is_in_recovery()::text || ' ' || (to_regclass('pgcleave.owner_ci') is null)::text") || at_target="- -"
  owner_target=none
  case $at_target in
    "false false") owner_target=$(target_sql "select last_value from pgcleave.owner_ci") || owner_target=- ;;
    "true "*) owner_target=standby ;;
    "- -") owner_target=- ;;
  esac
  local source_may=no target_may=no
  case $owner_source in 1 | none) source_may=yes ;; esac
  [ "$owner_target" != 2 ] || target_may=yes
  case $source_may$target_may in
    yesno) serves=source ;;
    noyes) serves=target ;;
    yesyes) serves=both ;;
    *) serves=nobody ;;
  esac
}

pools_follow() {  # each bouncer unpaused and routed to who serves
  local port n
  case $serves in source) port=$source_port ;; target) port=$target_port ;; *) return 1 ;; esac
  for n in "${!bouncer_ports[@]}"; do
    [ "$(pool_of $((n + 1)))" = "$port 0" ] || {
      pools_say="bouncer-$((n + 1)) has '$(pool_of $((n + 1)))', not '$port 0'"
      return 1
    }
  done
}

observed_since() { "$lab" observed --dir "$dir" --history "$observed" --since "$1"; }
clients_flow() {  # the observer is served through each bouncer, by who serves
  local scope=main since
  [ "$serves" = source ] || scope=ci
  since=$(now_us)
  sleep 0.3
  observed_since $((since - 20000)) |
    jq -e --arg scope "$scope" --argjson n "${#bouncer_ports[@]}" --argjson since "$since" \
      '[.[] | select(.again_ms >= 0 and .stored_on == $scope and .last_us > $since)] | length == $n' >/dev/null
}
is_terminal() {
  look
  pools_say=""
  if pools_follow && clients_flow; then return; fi
  seen_words="owner on the source $owner_source, on the target $owner_target, $serves;"
  seen_words+=" ${pools_say:-clients do not flow}"
  return 1
}

# From the captured LSN on no client may have written a moved table on the source while the target has it. What the
# target's writes become there has an origin; what clients write has none.
clients_wrote_on_source_since() {  # clients_wrote_on_source_since LSN: prints how many transactions
  local member=main-1 end files
  [ "$(role_of main-1)" != replica ] || member=main-2
  end=$(source_sql "select pg_current_wal_flush_lsn()") || return 1
  files=$(source_sql "select string_agg(pg_relation_filenode(c.oid)::text, ' ') from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and (n.nspname = 'ci' or c.relname like 'ci\_%' or c.relname = 'Weird Name')
      and n.nspname in ('ci', 'public')") || return 1
  "$waldump" -p "$dir/data/$member/pg_wal" -s "$1" -e "$end" 2>>"$work/waldump.out" | awk -v files="$files" '
    BEGIN { split(files, f, " "); for (i in f) moved[f[i]] = 1 }
    match($0, /tx: +[0-9]+/) { tx = substr($0, RSTART + 3, RLENGTH - 3) + 0 }
    /rmgr: Heap/ && /desc: (INSERT|UPDATE|HOT_UPDATE|DELETE|MULTI_INSERT)/ {
      if (match($0, /rel [0-9]+\/[0-9]+\/[0-9]+/)) {
        split(substr($0, RSTART + 4, RLENGTH - 4), p, "/")
        if (p[3] in moved) wrote[tx] = 1
      }
    }
    /rmgr: Transaction/ && /desc: COMMIT/ && !/origin:/ { if (tx in wrote) n++ }
    END { print n + 0 }'
}

last_captured_lsn() {  # as the run noted it; only where to look from is taken from pgcleave
  sqlite3 -readonly "$journal" "select json_extract(data, '\$.facts.lsn') from event where type = 'step.done'
    and json_extract(data, '\$.step') = 'lsn' order by seq desc limit 1" 2>>"$work/sql.out"
}

judge_wal() {
  [ "$serves" = target ] || return 0
  local lsn n
  lsn=$(last_captured_lsn)
  [ -n "$lsn" ] || return 0
  n=$(clients_wrote_on_source_since "$lsn") || return 0
  wal_checked=$((wal_checked + 1))
  [ "$n" = 0 ] || broken "$n client transactions wrote moved tables on the source after the captured LSN $lsn"
}

# What the client was told of the first write that is wrong.
first_example() {
  local client n
  read -r client n \
    < <(jq -r '.examples[0] // ""' "$work/verdict.json" | sed -n 's/.*client \([0-9]*\) n \([0-9]*\).*/\1 \2/p')
  [ -n "${n:-}" ] && grep -m 1 -F "\"client\":$client,\"n\":$n," "$history" || echo "no client's write"
}
# shellcheck disable=SC2120  # trial.sh passes --live
judge_clients() {  # judge_clients [--live]; sets lost, duplicated, on_both_sides and acknowledged of this load so far
  "$lab" verify --dir "$dir" --history "$history" --serving "$serves" --json "${may_be_lost[@]}" "$@" \
    >"$work/verdict.json" 2>>"$work/lab.out" || true
  lost=$(jq '.lost + .stranded + .failed_but_present' "$work/verdict.json") || {
    broken "verify can't tell"
    lost=0
    duplicated=0
    on_both_sides=0
    return
  }
  duplicated=$(jq .duplicated "$work/verdict.json")
  on_both_sides=$(jq .on_both_sides "$work/verdict.json")
  if [ $((lost + duplicated + on_both_sides)) -gt 0 ]; then
    say "    $(jq -c '{lost, stranded, failed_but_present, duplicated, on_both_sides, examples}' "$work/verdict.json" |
      head -c 1500)"
    say "    ${may_be_lost[*]:-no failover}; $(first_example)"
  fi
}

longest_wait_ms() {
  "$lab" observed --dir "$dir" --history "$observed" --from "$1" --to "$2" | jq '.longest.outage_ms // 0 | floor'
}
flow_again_ms() {  # after the moment given: until clients of every bouncer were served; -1: never
  observed_since "$1" | jq '[.[].again_ms] | if length == 0 or min < 0 then -1 else max | floor end'
}

# ---- load and observer: one stretch of a few minutes each, so that judging stays cheap -------------------------------
stretch_begin() {
  stretch=$((stretch + 1))
  history=$dir/clients-$stretch.jsonl
  observed=$dir/observer-$stretch.jsonl
  "$lab" load --dir "$dir" --writers 8 --reconnect 2 --readers 1 --rate 15 --seconds 3600 --history "$history" \
    >"$work/load.out" 2>&1 &
  load_pid=$!
  "$lab" observe --dir "$dir" --every 5ms --seconds 3600 --history "$observed" >"$work/observe.out" 2>&1 &
  observe_pid=$!
  may_be_lost=()  # what Patroni's contract loses: words for verify
  stretch_began=$SECONDS lost=0 duplicated=0 on_both_sides=0
  sleep 1.5
}
stretch_end() {  # everything that clients were told in it is looked for
  [ -n "${load_pid:-}" ] || return 0
  kill -TERM "$load_pid" "$observe_pid" 2>/dev/null || true
  wait "$load_pid" "$observe_pid" 2>/dev/null || true
  load_pid=""
  look
  lost=0 duplicated=0 on_both_sides=0
  judge_clients
  jq -nc --argjson a "$(jq '.acknowledged // 0' "$work/verdict.json")" \
    --argjson u "$(jq '.unknown // 0' "$work/verdict.json")" --argjson l "$lost" \
    --argjson d "$duplicated" --argjson b "$on_both_sides" \
    '{acknowledged: $a, unknown: $u, lost: $l, duplicated: $d, on_both_sides: $b}' >>"$work/stretches.jsonl"
  [ -n "${keep:-}" ] || [ $((lost + duplicated + on_both_sides)) -gt 0 ] || rm -f "$history" "$observed"
}
