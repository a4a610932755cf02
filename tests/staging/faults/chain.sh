# Trials in a row on one lab: a run that was killed is resumed, and killed again further on, until it is done; then the
# same in the rollback. So no trial has to begin from nothing, and each stop is followed by a resume or by a rollback.

# The shipped runbooks, with a command of the operator's own in each window.
make_runbooks() {
  mkdir "$work/runbooks"
  {
    printf '#!/bin/sh\necho ran >>"%s/hook.log"\ncase "$(cat "%s/hook.mode" 2>/dev/null)" in\n' "$work" "$work"
    printf '  hang) sleep 60 ;;\n  flood) head -c 200000000 /dev/zero | tr "\\0" x ;;\n  fork) sleep 20 & ;;\n'
    printf 'esac\nexit 0\n'
  } >"$work/hook"
  chmod 755 "$work/hook"
  : >"$work/hook.mode"
  local name
  for name in logical-switchover promote-standby; do
    local with="uses: run.command, with: {argv: [$work/hook]}, timeout: 3s"
    sed -e "/^    - id: release\$/,/^      with:/s|^      with:.*|&\n    - {id: hook, $with}|" \
      -e "/^      - id: back_release\$/,/^        with:/s|^        with:.*|&\n      - {id: back_hook, $with}|" \
      "$root/runbooks/$name.yml" >"$work/runbooks/$name.yml"
  done
}

time_is_left() { [ $((SECONDS - plan_began)) -lt $((minutes * 60)) ] && [ "$trials" -lt "$most" ]; }

# Where the chain stands: stage (none: no run is open; run: on its way or done; back: in its rollback), and how far it
# came.
find_stage() {
  local was
  look
  was=$(state)
  case $was in
    none | undone | "rolled back") stage=none above=0 ;;
    done) stage=back above=0 ;;
    *) if [ "$serves" = target ] || [ "$stage" != back ]; then [ "$stage" != none ] || stage=run; else stage=back; fi ;;
  esac
  chain_state=$was
}

# After a trial or a command: how far on the list of points the run may be.
find_above() {
  local direction=run last
  [ "$stage" != back ] || direction=rollback
  [ "$stage" != none ] && [ "$chain_state" != "done" ] || { above=0; return; }
  last=$(last_ordinal_come_by "$chain_runbook" "$direction")
  [ "$last" = 0 ] || above=$last
  local window=window behind=verify
  [ "$direction" = run ] || window=rollback.window behind=rollback.then
  if window_is_done "$window"; then  # perhaps by the guard, which comes by no points
    local rest
    rest=$(ordinal_of_phase "$chain_runbook" "$direction" "$behind")
    [ "$above" -ge "$rest" ] || above=$((rest - 1))
  elif [ "$direction" = run ] && [ "$serves" = source ]; then
    # A window that was undone is gone through again, from the gate on.
    local gate
    gate=$(ordinal_of_phase "$chain_runbook" run gate)
    [ "$above" -lt "$gate" ] || above=$((gate + 1))
  elif [ "$direction" = rollback ] && [ "$serves" = target ]; then
    above=$(ordinal_of_phase "$chain_runbook" rollback rollback.window)
  fi
}

move_on() {  # without a fault
  if plain "$1"; then return; fi
  say "  $1 without a fault: exit code $exit_code: $(tail -n 3 "$out" | tr '\n' ' ' | head -c 500)"
  local n
  for n in 1 2 3; do
    sleep 1
    plain resume && return
    plain rollback && return
  done
  say "  the lab can't be brought back: $(tail -n 3 "$out" | head -c 500)"
  return 1
}

new_lab() {
  labs_lost=$((labs_lost + 1))
  stretch_end
  [ -n "$keep" ] || say "  its folder is not kept; --keep would keep it"
  lab_down ${keep:+--keep}
  lab_up
  stretch_begin
  stage=none above=0 chain_state=none
}

next_runbook() {  # of the two, one for which something is left
  if [ -z "${chain_runbook:-}" ] || [ $((RANDOM % 2)) = 0 ]; then
    chain_runbook=logical-switchover
  else
    chain_runbook=promote-standby
  fi
  is_left "$chain_runbook" || {
    [ "$chain_runbook" = promote-standby ] && chain_runbook=logical-switchover || chain_runbook=promote-standby
  }
}

# A run begins as the first one did: no fence installed, no slot of the split known to Patroni. These stay when a run is
# rolled back.
as_at_first() {
  local member
  for member in main-1 ci-1; do rest "$member" PATCH /config '{"ignore_slots": null}' >>"$work/lab.out"; done
  # Runs follow each other faster than Patroni rewinds a replica: one that a promotion overtook is copied anew, as
  # README.md says.
  if [ "$(psql "$target_hosts" -qtAc "select active from pg_replication_slots where slot_name = 'ci_2'" \
    2>>"$work/sql.out")" != t ]; then
    rest ci-2 POST /reinitialize '{"force": true}' >>"$work/lab.out"
  fi
  # One table in a transaction: who locks several at once and clients deadlock with each other.
  psql "$source_hosts target_session_attrs=primary" -qtA >/dev/null 2>>"$work/sql.out" <<'SQL'
select format('drop trigger if exists %I on %s', tgname, tgrelid::regclass) from pg_trigger
 where tgfoid::regproc::text like 'pgcleave.%' and tgparentid = 0 and not tgisinternal \gexec
drop schema if exists pgcleave cascade;
SQL
}

target_is_standby() { look; [ "$owner_target" = standby ]; }
# The bouncers' routes are the first members' addresses: they stand for an address that follows the leader.
routes_lead_to_leaders() { is_leader main-1 && is_leader ci-1; }
# A run that was undone or rolled back leaves both sides as they were. Else no run can begin: the lab is given up, and
# the last trial has failed.
left_as_it_was() {
  [ "$stage" = none ] || return 0
  if ! wait_for 10 routes_lead_to_leaders; then
    say "  another member leads, and nobody moves the address: a new lab"
    return 1
  fi
  if wait_for 10 target_is_standby; then return; fi
  say "    BROKEN: no run is open, and the target is no standby (owner there: $owner_target)"
  jq -nc --arg fault "${fault_name:-none}" --arg letter "${letter:-}" --arg runbook "$chain_runbook" \
    --argjson n "$trials" \
    '{n: $n, fault: $fault, letter: $letter, runbook: $runbook, direction: "", verb: "", place: "afterwards", point: "",
      valid: true, terminal: false,
      killed: false, flow_ms: null, wait_ms: 0, broken: ["no run is open, and the target is no standby"]}' \
    >>"$work/trials.jsonl"
  return 1
}

# One trial, or one move without a fault. False: the lab is lost.
chain_step() {
  local direction_now=run line=""
  case $stage in
    none)
      next_runbook
      use_runbook "$chain_runbook"
      as_at_first
      verb=run line=$(pick "$chain_runbook" run -1)
      # What lies only behind the window is reached by a run without a fault.
      stage=run above=0 ;;
    run) verb=resume line=$(pick "$chain_runbook" run "$above") ;;
    back) direction_now=rollback verb=rollback line=$(pick "$chain_runbook" rollback "$above") ;;
  esac
  if [ -z "$line" ] && [ "$stage" = back ] && [ "$above" = 0 ]; then line=$(pick "$chain_runbook" rollback -1); fi
  use_runbook "$chain_runbook"
  if [ -n "$line" ]; then
    take_from_plan "$line"
    one_trial || return 1
    [ "$valid" = yes ] || put_off
    if [ -n "$spoils_lab" ]; then
      say "  a member's timeline is behind the others': a new lab"
      return 1
    fi
    if [ -n "$always_roll_back" ] || [ $((RANDOM % 12)) = 0 ]; then
      say "  and back"
      rm -f "$points"
      move_on rollback || return 1
    fi
  elif [ "$stage" = back ]; then
    rm -f "$points"
    move_on rollback || return 1
  else
    rm -f "$points"
    if ! [ "$(pick "$chain_runbook" rollback -1)" ] && [ "$serves" = source ] && [ "$verb" = resume ]; then
      verb=rollback
    fi
    move_on "$verb" || return 1
  fi
  find_stage
  find_above
  left_as_it_was
}

run_plan() {
  stage=none above=0 chain_state=none
  serves=source
  plan_began=$SECONDS
  round=1
  while time_is_left; do
    if ! is_left; then
      round=$((round + 1))
      [ "$round" -le "$rounds" ] || break
      say "round $round"
      continue
    fi
    if [ $((SECONDS - stretch_began)) -gt 120 ]; then stretch_end; stretch_begin; fi
    chain_step || new_lab
  done
  [ "$stage" = none ] || { rm -f "$points"; plain rollback; is_terminal || true; }
}
