# Defects planted in a real lab, and what `check` finds of them. Sourced after scenario.sh and lab_up:
#
#   defect ID 'sentence' 'plant' 'repair' ['text']   one more in the group; `check` must name ID, with the text in object or evidence
#   also ID...                                       what comes along with this group's defects and is no false alarm
#   look_for_defects                                 plants the group, looks once, repairs it (last first), and begins a new group
#   nothing_to_find 'when'                           the lab as it is has no finding
#   defects_end NUMBER                               nothing is found on the repaired lab; the table; at least NUMBER were planted
#
# Commands run with `set -e` in a subshell that has the scenario's functions and variables. One that fails makes the trial invalid. They
# return only when the defect has taken effect: `until_sees 'command' 'text'` waits. A scenario may set `check_environment` (another
# environment file) and `check_options` for its next looks.
group=()
group_ids=()
group_also=()
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
  timeout 60 "$build/pgcleave" check -e "$check_environment" "${check_options[@]}" --json >"$scratch/tool.json" 2>"$scratch/tool.out" || code=$?
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

look_for_defects() {
  local i id alarms
  for i in "${!group[@]}"; do in_subshell "plant: ${group[$i]}" "${plants[$i]}"; done
  look
  say "looked in $look_ms ms at: $(IFS=,; echo "${group[*]}")"
  for i in "${!group[@]}"; do
    id=$(found_defect "${group_ids[$i]}" "${texts[$i]}" && echo yes || echo NO)
    printf '%s\t%s\t%s\n' "${group[$i]}" "${group_ids[$i]}" "$id" >>"$confusion"
  done
  alarms=$(jq -r --arg known "$(printf '%s\n' "${group_ids[@]}" "${group_also[@]}")" \
    '($known | split("\n")) as $known | .findings[] | select(.severity != "note" and (.id | IN($known[]) | not)) | .id + "  " + .object + "  " + .evidence' \
    "$scratch/tool.json")
  if [ -n "$alarms" ]; then
    false_alarms=$((false_alarms + $(printf '%s\n' "$alarms" | wc -l)))
    printf '%s\n' "$alarms" | while IFS= read -r line; do printf '(nothing was planted)\t%s\tfalse alarm\n' "$line" >>"$confusion"; done
  fi
  for ((i = ${#group[@]} - 1; i >= 0; i--)); do in_subshell "repair: ${group[$i]}" "${repairs[$i]}"; done
  group=() group_ids=() group_also=() plants=() repairs=() texts=()
}

nothing_to_find() {
  local tries seen
  # What was repaired may take a moment to be so: a standby that streams again, a Patroni that has looked.
  for tries in $(seq 20); do
    look
    # The lab has a materialized view, which is noted.
    seen=$(jq -r '.findings[] | select(.id != "schema.in_no_class") | .severity + " " + .id + "  " + .object + "  " + .evidence' "$scratch/tool.json")
    [ -z "$seen" ] && break
    sleep 0.5
  done
  [ -z "$seen" ] || failed "$1, check finds after $tries looks:
$seen"
  say "$1: nothing to find, in $look_ms ms"
}

defects_end() {
  local planted found
  check_environment=$environment
  nothing_to_find "on the repaired lab"
  planted=$(grep -vc 'false alarm$' "$confusion" || true)
  found=$(grep -c 'yes$' "$confusion" || true)
  awk -F '\t' 'BEGIN { printf "%-80s %-45s %s\n", "DEFECT", "ID", "FOUND" } { printf "%-80s %-45s %s\n", $1, $2, $3 }' "$confusion"
  echo "planted $planted, found $found, missed $((planted - found)), false alarms $false_alarms"
  if [ "$found" != "$planted" ]; then failed "check missed $((planted - found)) defects"; fi
  [ "$false_alarms" = 0 ] || failed "check named what nobody planted"
  [ "$planted" -ge "$1" ] || failed "only $planted defects were planted, $1 were meant"
}
