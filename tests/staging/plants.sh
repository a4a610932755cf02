# Defects planted in a real lab, what `check` finds of them, and which of them stop a run. Sourced after scenario.sh and
# lab_up:
#
#   defect ID 'sentence' 'plant' 'repair' ['text']   one more in the group; `check` must name ID, with the text in
#                                                    object or evidence
#   also ID...                                       what comes along with this group's defects and is no false alarm
#   refused_before ID...                             of this group's defects: a run refuses them before it looks, in
#                                                    its own words
#   look_for_defects                                 plants the group, looks once, tries a run if there is a blocker
#                                                    among them, repairs the group (last first), and begins a new one
#   nothing_to_find 'when'                           the lab as it is has no finding
#   defects_end NUMBER BLOCKERS                      nothing is found on the repaired lab; the table; at least NUMBER
#                                                    were planted, and at least BLOCKERS of them were blockers, each of
#                                                    which stopped a run
#
# Commands run with `set -e` in a subshell that has the scenario's functions and variables. One that fails makes the
# trial invalid. They return only when the defect has taken effect: `until_sees 'command' 'text'` waits. A scenario may
# set `check_environment` (another environment file) and `check_options` for its next looks, and `may_run=no` where a
# run would be refused as a second one.
may_run=yes
runs=0
group=()
group_ids=()
group_also=()
group_before=()
plants=()
repairs=()
texts=()
confusion=$scratch/confusion.tsv
: >"$confusion"
false_alarms=0
looks=0
check_environment=$environment
check_options=()

defect() {
  group_ids+=("$1")
  group+=("$2")
  plants+=("$3")
  repairs+=("$4")
  texts+=("${5:-}")
}
also() { group_also+=("$@"); }
refused_before() { group_before+=("$@"); }

until_sees() {
  local tries
  for tries in $(seq 200); do
    eval "$1" 2>/dev/null | grep -qF -- "$2" && return
    sleep 0.1
  done
  echo "after $tries looks not seen: $2 by $1"
  return 1
}

# in_subshell WHAT COMMAND
in_subshell() {
  local code
  set +e
  (set -euo pipefail && eval "$2") >"$scratch/plant.out" 2>&1 </dev/null
  code=$?
  set -e
  [ "$code" = 0 ] || failed "the trial is invalid: could not $1 (exit code $code)"
}

# One look at both sides; its findings are in $scratch/tool.json
look() {
  local code=0 began
  looks=$((looks + 1))
  began=$(date +%s%N)
  timeout 60 "$build/pgcleave" check -e "$check_environment" "${check_options[@]}" --json \
    >"$scratch/tool.json" 2>"$scratch/tool.out" || code=$?
  look_ms=$((($(date +%s%N) - began) / 1000000))
  cp "$scratch/tool.json" "$scratch/look-$looks.json"
  case $code in 0 | 3) ;; *) failed "pgcleave check: exit code $code" ;; esac
  local blockers
  blockers=$(jq .summary.blockers "$scratch/tool.json")
  is "exit code of check with $blockers blockers" "$code" "$([ "$blockers" = 0 ] && echo 0 || echo 3)"
}

# found ID TEXT: does a finding of the last look say so?
found_defect() {
  jq -e --arg id "$1" --arg text "$2" \
    'any(.findings[]; .id == $id and ((.object + "\n" + .evidence) | contains($text)))' "$scratch/tool.json" >/dev/null
}

# is_blocker ID TEXT: does it say so as a blocker?
is_blocker() {
  jq -e --arg id "$1" --arg text "$2" \
    'any(.findings[]; .id == $id and .severity == "blocker" and ((.object + "\n" + .evidence) | contains($text)))' \
    "$scratch/tool.json" >/dev/null
}

# What a run that was refused may not have changed.
standing() {
  local member
  source_sql "select (select count(*) from pg_trigger), (select count(*) from pg_namespace),
    (select count(*) from pg_publication), (select count(*) from pg_subscription),
    (select count(*) from pg_class where relnamespace <> 'pg_toast'::regnamespace)"
  source_sql "select slot_name from pg_replication_slots where slot_name like 'pgcleave%'"
  for member in main-1 ci-1; do curl -sSf -m 5 "http://127.0.0.1:$(rest_port "$member")/config"; done
  cat "$dir"/bouncer-*.ini
  ls -i "$dir"/bouncer-[0-9].ini*
}

# A run of a shipped runbook, each time of the next one: it stops, whatever else is planted, and everything is as it
# was.
try_run() {
  local before books=(promote-standby logical-switchover maintenance-window) began
  runs=$((runs + 1))
  before=$(standing)
  began=$(date +%s%N)
  run_code=0
  timeout 60 "$build/pgcleave" run "$root/runbooks/${books[$((runs % 3))]}.yml" -e "$check_environment" --approve go \
    >"$scratch/run.out" 2>&1 </dev/null || run_code=$?
  cp "$scratch/run.out" "$scratch/run-$runs.log"
  say "${books[$((runs % 3))]}: exit code $run_code after $((($(date +%s%N) - began) / 1000000)) ms"
  is "what stands after a refused run" "$(standing)" "$before"
}

# stopped_by ID: what the last run made of it: named it, refused before it looked, or neither
stopped_by() {
  if [ "$run_code" = 3 ] && grep -qF "blocker $1: " "$scratch/run.out"; then
    echo stopped
  elif [[ " ${group_before[*]-} " == *" $1 "* ]] && [[ "$run_code" =~ ^[23]$ ]]; then
    echo refused
  else
    echo NO
  fi
}

look_for_defects() {
  local i id alarms stops=() run
  for i in "${!group[@]}"; do in_subshell "plant: ${group[$i]}" "${plants[$i]}"; done
  look
  say "looked in $look_ms ms at: $(IFS=,; echo "${group[*]}")"
  for i in "${!group[@]}"; do
    stops+=("$(is_blocker "${group_ids[$i]}" "${texts[$i]}" && [ "$may_run" = yes ] && echo yes || echo no)")
  done
  if [[ " ${stops[*]} " == *" yes "* ]]; then try_run; fi
  for i in "${!group[@]}"; do
    id=$(found_defect "${group_ids[$i]}" "${texts[$i]}" && echo yes || echo NO)
    run=-
    if [ "${stops[$i]}" = yes ]; then run=$(stopped_by "${group_ids[$i]}"); fi
    printf '%s\t%s\t%s\t%s\n' "${group[$i]}" "${group_ids[$i]}" "$run" "$id" >>"$confusion"
  done
  alarms=$(jq -r --arg known "$(printf '%s\n' "${group_ids[@]}" "${group_also[@]}")" \
    '($known | split("\n")) as $known | .findings[] | select(.severity != "note" and (.id | IN($known[]) | not))
     | .id + "  " + .object + "  " + .evidence' \
    "$scratch/tool.json")
  if [ -n "$alarms" ]; then
    false_alarms=$((false_alarms + $(printf '%s\n' "$alarms" | wc -l)))
    printf '%s\n' "$alarms" | while IFS= read -r line; do
      printf '(nothing was planted)\t%s\t-\tfalse alarm\n' "$line" >>"$confusion"
    done
  fi
  for ((i = ${#group[@]} - 1; i >= 0; i--)); do in_subshell "repair: ${group[$i]}" "${repairs[$i]}"; done
  group=() group_ids=() group_also=() group_before=() plants=() repairs=() texts=()
}

nothing_to_find() {
  local tries seen
  # What was repaired may take a moment to be so: a standby that streams again, a Patroni that has looked.
  for tries in $(seq 20); do
    look
    # The lab has a materialized view, and from 17 on a target that does not synchronize slots: both are noted.
    seen=$(jq -r \
      '.findings[] | select(.id | IN("schema.in_no_class", "settings.slots_not_synchronized") | not)
        | .severity + " " + .id + "  " + .object + "  " + .evidence' \
      "$scratch/tool.json")
    [ -z "$seen" ] && break
    sleep 0.5
  done
  [ -z "$seen" ] || failed "$1, check finds after $tries looks:
$seen"
  say "$1: nothing to find, in $look_ms ms"
}

defects_end() {
  local planted found blockers stopped
  check_environment=$environment
  nothing_to_find "on the repaired lab"
  planted=$(grep -vc 'false alarm$' "$confusion" || true)
  found=$(grep -c 'yes$' "$confusion" || true)
  blockers=$(cut -f 3 "$confusion" | grep -vc '^-$' || true)
  stopped=$(cut -f 3 "$confusion" | grep -cE '^(stopped|refused)$' || true)
  { printf 'DEFECT\tID\tRUN\tCHECK\n'; cat "$confusion"; } |
    awk -F '\t' '{ printf "%-80s %-45s %-8s %s\n", $1, $2, $3, $4 }'
  echo "planted $planted, found $found, missed $((planted - found)), false alarms $false_alarms;" \
    "blockers $blockers, of which $stopped stopped a run"
  if [ "$found" != "$planted" ]; then failed "check missed $((planted - found)) defects"; fi
  [ "$false_alarms" = 0 ] || failed "check named what nobody planted"
  [ "$planted" -ge "$1" ] || failed "only $planted defects were planted, $1 were meant"
  if [ "$stopped" != "$blockers" ]; then
    failed "a run did not stop at $((blockers - stopped)) of $blockers blockers"
  fi
  [ "$blockers" -ge "$2" ] || failed "only $blockers of them are blockers, $2 were meant"
}
