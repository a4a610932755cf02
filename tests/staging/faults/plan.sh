# What is tried: every fault at its places with both runbooks, and one in `share` of all points for SIGKILL. Shuffled by
# the seed into rounds, so that a run that is cut short has tried each fault: first each fault at one of its places,
# then all points, then the others.
#   plan file: round, ordinal, runbook, direction, fault, place, exact point (of a SIGKILL), state (open, done), how
#   often it was put off

share=${PGCLEAVE_FAULTS_SHARE:-4}
rounds=5

plan_crash_points() {
  local name direction
  for name in logical-switchover promote-standby; do
    for direction in run rollback; do
      awk -v OFS='\t' -v share="$share" -v seed="$seed$name$direction" -v name="$name" -v direction="$direction" '
        BEGIN {
          letters = "0123456789abcdefghijklmnopqrstuvwxyz-"
          for (i = 1; i <= length(seed); i++) s = (s * 31 + index(letters, substr(seed, i, 1))) % 1000003
          srand(s)
        }
        (NR - 1) % share == 0 { pick = NR + int(rand() * share) }
        NR == pick { print 2, NR, name, direction, "a_killed_at_a_point", "point", $0, "open" }' \
        "$(points_of "$name" "$direction")"
    done
  done
}

plan_other_faults() {
  local file fault place name direction ordinal
  for file in "$here"/each/*.sh; do
    fault=$(basename "$file" .sh)
    if [[ $fault == a_killed_at_a_point ]]; then continue; fi
    load_fault "$fault"
    if [ -n "$needs_network" ] && [ -z "$cable" ]; then say "not on this machine: $title"; continue; fi
    for place in $places; do
      direction=run
      [[ $place != back_* ]] || direction=rollback
      for name in $runbooks; do
        ordinal=0
        if [ -n "$(place_point "$place")" ]; then
          ordinal=$(ordinal_of_prefix "$name" "$direction" "$(place_point "$place")")
        fi
        [ -z "$ordinal" ] || printf '%s\t%s\t%s\t%s\t%s\t-\topen\n' "$ordinal" "$name" "$direction" "$fault" "$place"
      done
    done
  done | awk -v OFS='\t' -v seed="$seed" -v rounds="$rounds" '
    BEGIN { FS = "\t"; srand(seed) }
    { line[NR] = $0; fault[NR] = $4; dice[NR] = rand() }
    END {  # in each fault, a shuffled order; one in the first round, none in the second, then two in each
      for (i = 1; i <= NR; i++) {
        rank = 0
        for (j = 1; j <= NR; j++) if (fault[j] == fault[i] && dice[j] < dice[i]) rank++
        round = 1 + int((rank + 1) / 2)
        if (round > 1) round++
        if (round > rounds) round = rounds
        print round, line[i]
      }
    }'
}

make_plan() {
  { plan_crash_points; plan_other_faults; } |
    awk -F'\t' -v only="$only" -v times="$repeat" '
      only == "" || $5 ~ only || $6 ~ only || $7 ~ only { for (i = 0; i < times; i++) print }' |
    sort -t "$(printf '\t')" -k1,1n -k2,2n >"$work/plan"
  if [ "$share" != 0 ]; then
    crash_points=$(cat "$work"/points.* | wc -l)
    crash_points_planned=$(awk -F'\t' '$5 == "a_killed_at_a_point"' "$work/plan" | wc -l)
  fi
  say "planned: $(wc -l <"$work/plan") trials," \
    "of which SIGKILL at $crash_points_planned of $crash_points points; seed $seed"
}

# pick RUNBOOK DIRECTION ABOVE: the next trial of this round that lies ahead, as a line number; nothing: there is none
pick() {
  awk -F'\t' -v round="$round" -v name="$1" -v direction="$2" -v above="$3" -v below="${4:-999999}" \
    '$1 <= round && $8 == "open" && $3 == name && $4 == direction && $2 > above && $2 < below &&
       (best == "" || $2 < least) { best = NR; least = $2 }
     END { if (best != "") print best }' "$work/plan"
}
is_left() {
  awk -F'\t' -v round="$round" -v name="${1:-}" \
    '$1 <= round && $8 == "open" && (name == "" || $3 == name) { found = 1 } END { exit !found }' "$work/plan"
}
take_from_plan() {  # sets the trial's variables
  IFS=$'\t' read -r _ ordinal runbook_name direction fault_name place point _ < <(sed -n "${1}p" "$work/plan")
  change_plan -v n="$1" 'NR == n { $8 = "done" } { print }'
  plan_line=$1
}
change_plan() { awk -F'\t' -v OFS='\t' "$@" "$work/plan" >"$work/plan.new" && mv "$work/plan.new" "$work/plan"; }

# The trial just made was invalid: a point is gone to again, and after three times one of its neighbours instead, since
# what a run finds done already it does not come by; a fault that no trial had yet is tried at its next place now.
put_off() {
  if [ "$fault_name" = a_killed_at_a_point ]; then
    local neighbour=$(((ordinal - 1) / share * share + ordinal % share + 1))
    change_plan -v n="$plan_line" -v at="$neighbour" \
      -v point="$(sed -n "${neighbour}p" "$(points_of "$runbook_name" "$direction")")" \
      'NR == n && $9 < 8 { $8 = "open"; if ($9++ % 3 == 2 && point != "") { $2 = at; $7 = point } } { print }'
  elif [ "$round" = 1 ]; then
    change_plan -v fault="$fault_name" '!moved && $5 == fault && $8 == "open" { $1 = moved = 1 } { print }'
  fi
}
