# One trial: the tool under a fault, what it and the guard make of it, and the verdict.

load_fault() {
  title="" letter="" shape=hold places="" lasts=5 runbooks="logical-switchover promote-standby" \
    needs_guard="" needs_small_journal="" needs_bad_disk="" needs_network="" ends_tool="" \
    always_roll_back="" stays_stopped="" spoils_lab=""
  before() { :; }
  fault() { :; }
  took_effect() { :; }
  had_effect() { :; }
  heal() { :; }
  # shellcheck disable=SC1090
  source "$here/each/$1.sh"
}

use_runbook() {
  runbook_name=$1
  runbook=$work/runbooks/$1.yml
}

# ---- the tool ------------------------------------------------------------------------------------------------------
words_of() {  # run, resume, rollback or repair-owner, as it is typed
  case $1 in
    run) echo "run $runbook -e $environment --approve go" ;;
    resume) echo "resume -e $environment --approve go" ;;
    rollback) echo "rollback -e $environment" ;;
    repair-owner) echo "repair-owner -e $environment" ;;
  esac
}
plain() {  # without a fault; retried while somebody else, such as the guard, holds the split
  local until=$((SECONDS + 30)) code
  while :; do
    code=0
    # shellcheck disable=SC2046
    PGCLEAVE_FAULT_POINTS=${PGCLEAVE_FAULT_POINTS:-$points} timeout -k 5 200 "${weak_tool[@]}" $(words_of "$1") \
      >"$out" 2>&1 || code=$?
    cat "$out" >>"$work/talk.out"
    [ "$code" = 7 ] && [ $SECONDS -lt $until ] || break
    sleep 0.3
  done
  exit_code=$code
  [ "$code" = 0 ] || [ "$code" = 9 ]
}
start_tool() {  # start_tool VERB FAULT
  rm -f "$reached" "$points"
  # shellcheck disable=SC2046
  PGCLEAVE_FAULT=$2 PGCLEAVE_FAULT_REACHED=$reached PGCLEAVE_FAULT_POINTS=$points PGCLEAVE_BAD_DISK=$work/bad-disk \
    LD_PRELOAD=${needs_bad_disk:+$build/libpgcleave-bad-disk.so} "${weak_tool[@]}" $(words_of "$1") >"$out" 2>&1 &
  tool_pid=$!
}
tool_lives() { kill -0 "$tool_pid" 2>/dev/null; }
tool_ends_within() {
  local until=$(($(now_us) + $1 * 1000000))
  while tool_lives; do [ "$(now_us)" -lt "$until" ] || return 1; sleep 0.02; done
}
collect_tool() {  # its exit code; who does not end is killed and said
  if ! tool_ends_within "$1"; then
    broken "the tool does not end; it says: $(tail -n 1 "$out")"
    kill -KILL "$tool_pid"
  fi
  exit_code=0
  wait "$tool_pid" 2>/dev/null || exit_code=$?
  cat "$out" >>"$work/talk.out"
}
reaches_its_point() {
  local until=$((SECONDS + 120))
  until [ -e "$reached" ]; do
    tool_lives || { [ -e "$reached" ]; return; }
    [ $SECONDS -lt $until ] || return 1
    sleep 0.01
  done
}

# The guard of this run: what the tool starts before a window, with the journal in its command line.
guard_pid() { pgrep -f " guard .*--journal $journal " | head -n 1; }
guards_end() {
  local until=$((SECONDS + 60))  # it outwaits a PATCH that nobody answered; clients flow by then
  while [ -n "$(guard_pid)" ]; do
    has_guard=yes
    [ $SECONDS -lt $until ] || { broken "the guard does not end within 60 s"; return; }
    sleep 0.1
  done
}

state() {
  "${tool[@]}" status -e "$environment" --json 2>/dev/null | jq -r '.state // "none"' 2>/dev/null || echo none
}
window_is_done() {
  "${tool[@]}" status -e "$environment" --json 2>/dev/null |
    jq -e --arg window "$1" '.windows[$window].outcome == "done"' >/dev/null
}

# ---- the shapes ----------------------------------------------------------------------------------------------------
invalid() { valid=no; why_invalid=$*; }

shape_kill() {
  start_tool "$verb" "kill|=$point"
  collect_tool 150
  [ -e "$reached" ] && [ "$exit_code" = 137 ] || { invalid "the point was not reached: exit code $exit_code"; return; }
  fault_us=$(date -r "$reached" +%s%6N)
  killed=yes
}
shape_random() {
  start_tool "$verb" ""
  sleep "$(awk -v r="$RANDOM" -v long="$([ "$verb" = rollback ] && echo 2.5 || echo 5)" \
    'BEGIN { print 0.05 + long * r / 32768 }')"
  kill -KILL "$tool_pid" 2>/dev/null || true
  fault_us=$(now_us)
  collect_tool 10
  [ "$exit_code" = 137 ] || { invalid "it had ended before the kill"; return; }
  point="after $(tail -n 1 "$points" 2>/dev/null | cut -d'|' -f2)"
  killed=yes
}
shape_hold() {
  before || { invalid "what comes before the fault could not be made"; return; }
  start_tool "$verb" "hold|$(place_point "$place")"
  if ! reaches_its_point; then
    collect_tool 1
    invalid "the point was not reached: exit code $exit_code"
    return
  fi
  if [ -n "$needs_guard" ] && [ -z "$(guard_pid)" ]; then
    invalid "there is no guard to be killed"
  else
    fault_us=$(now_us)
    fault || invalid "the fault could not be made"
    if [ "$valid" = yes ] && ! took_effect; then invalid "the fault did not take effect"; fi
  fi
  rm -f "$reached"
  tool_ends_within "$lasts" || true
  heal || broken "what the fault did could not be healed"
  collect_tool 150
  if [ -n "$ends_tool$stays_stopped" ] && [ "$exit_code" = 137 ]; then killed=yes; fi
  if [ "$valid" = yes ] && [ -z "$ends_tool" ] && ! had_effect; then invalid "the fault was not met"; fi
}
shape_between() {
  start_tool "$verb" "kill|$(place_point "$place")"
  collect_tool 150
  [ "$exit_code" = 137 ] || { invalid "the point was not reached: exit code $exit_code"; return; }
  guards_end
  fault || invalid "the fault could not be made"
  if took_effect; then
    local code=0
    timeout 60 "${tool[@]}" resume -e "$environment" --approve go >"$out" 2>&1 || code=$?
    cat "$out" >>"$work/talk.out"
    expect_refused "$code"
  else
    invalid "the fault did not take effect"
  fi
  heal || broken "what the fault did could not be healed"
}

# ---- afterwards ----------------------------------------------------------------------------------------------------
# By itself, then by the words that a person would type. Not terminal after these: the trial has failed.
settle() {
  guards_end
  local attempt n
  for n in 1 2 3 4 5 6; do  # bouncers and clients may still be on their way
    if is_terminal; then settled_by=itself; return; fi
    if [ -n "$ends_tool" ]; then break; fi
    sleep 0.3
  done
  if [ -n "$killed" ] && [ "$letter" = A ] && [ -z "$ends_tool" ]; then
    broken "after the tool's death the guard left it so: $seen_words"
  fi
  for attempt in 1 2 3; do
    local typed=$followup
    [ "$attempt" != 2 ] || typed=resume
    [ "$attempt" != 3 ] || typed=rollback
    [ -z "$spoils_lab" ] || [ "$attempt" = 1 ] || [ "$serves" != nobody ] || typed=repair-owner  # as status says
    say "    not settled ($seen_words); typed: $typed"
    plain "$typed" || say "    exit code $exit_code: $(tail -n 2 "$out" | head -c 300)"
    guards_end
    for n in 1 2 3 4; do
      if is_terminal; then settled_by=$typed; return; fi
      sleep 0.5
    done
  done
  settled_by=nothing
  return 1
}

one_trial() {
  load_fault "$fault_name"
  use_runbook "$runbook_name"
  trials=$((trials + 1))
  valid=yes why_invalid="" killed="" exit_code=0 broken_words=() seen_words="" settled_by="" has_guard="" others=() \
    was_killed=""
  followup=resume
  [ $((RANDOM % 4)) != 0 ] || followup=rollback
  local began began_us flow=null lost_before=${lost:-0} dup_before=${duplicated:-0} both_before=${on_both_sides:-0} \
    wait_ms terminal=yes
  began=$(now_us)
  fault_us=$began
  if [ -n "$needs_small_journal" ] && [ "$journal_is_small" != yes ]; then
    invalid "no file system of its own for the journal on this machine"
  else
    "shape_$shape"
  fi
  began_us=$fault_us
  tool_exit=$exit_code
  if ! settle; then
    terminal=no
    broken "no terminal state: $seen_words; exit code $tool_exit, then $exit_code"
  fi
  if [ -n "$killed" ] && [ "$settled_by" = itself ] && [ -z "$ends_tool$stays_stopped" ]; then
    flow=$(flow_again_ms "$began_us")
    if [ "$flow" -gt 2000 ]; then say "    clients flowed again only after $flow ms"; fi
  fi
  wait_ms=$(longest_wait_ms "$began" "$(now_us)")
  lost=0 duplicated=0 on_both_sides=0
  judge_clients --live
  judge_wal
  jq -nc --arg fault "$fault_name" --arg letter "$letter" --arg runbook "$runbook_name" --arg direction "$direction" \
    --arg verb "$verb" --arg place "$place" --arg point "$point" --arg valid "$valid" --arg why "$why_invalid" \
    --arg settled "$settled_by" --arg serves "$serves" --arg terminal "$terminal" --arg guard "${has_guard:-no}" \
    --arg killed "${killed:-no}" --argjson exit "$tool_exit" --argjson flow "$flow" --argjson wait "${wait_ms:-0}" \
    --argjson n "$trials" --argjson lost $((lost - lost_before)) --argjson dup $((duplicated - dup_before)) \
    --argjson both $((on_both_sides - both_before)) --argjson ms $((($(now_us) - began) / 1000)) '
    {n: $n, fault: $fault, letter: $letter, runbook: $runbook, direction: $direction, verb: $verb, place: $place,
     point: $point, valid: ($valid == "yes"), why: $why,
     exit: $exit, settled_by: $settled, guard: ($guard == "yes"), killed: ($killed == "yes"), serves: $serves,
     terminal: ($terminal == "yes"), flow_ms: $flow,
     wait_ms: $wait, lost: $lost, duplicated: $dup, on_both_sides: $both, ms: $ms, broken: $ARGS.positional}' \
    --args -- "${broken_words[@]}" >>"$work/trials.jsonl"
  say "$trials $fault_name, $runbook_name $direction at" \
    "'$([ "$place" = point ] && echo "$point" | cut -c 1-70 || echo "$place")':" \
    "$([ "$valid" = yes ] && echo valid || echo "INVALID ($why_invalid)"), exit code $tool_exit," \
    "settled by $settled_by, $serves serves, longest wait $wait_ms ms, again after $flow ms"
  [ "$terminal" = yes ]
}
