# Words of scenarios in which a side gets another leader, also one that lacks its last change of ownership.
# Sourced after scenario.sh.
role_of() { curl -s -m 3 "http://127.0.0.1:$(rest_port "$1")/patroni" | jq -r '"\(.role) \(.state)"'; }
wait_for_role() {  # wait_for_role MEMBER ROLE SECONDS
  for _ in $(seq $(($3 * 10))); do [[ $(role_of "$1") =~ ^($2)\ running$ ]] && return; sleep 0.1; done
  failed "$1 is '$(role_of "$1")', not $2"
}
switch_over() {  # switch_over FROM TO, as patronictl does
  curl -s -m 20 -u "pgcleave:$(cat "$dir/rest.password")" -X POST -d "{\"leader\": \"$1\", \"candidate\": \"$2\"}" \
    "http://127.0.0.1:$(rest_port "$1")/switchover" >>"$scratch/switchover.out"
  wait_for_role "$2" "master|primary" 20
  wait_for_role "$1" replica 40
}
crash() { "$lab" kill --dir "$dir" "$1"; "$lab" kill --dir "$dir" "$1.postgres"; }
fails_over_to() {  # fails_over_to MEMBER OLD_LEADER: what MEMBER missed while it was down is lost
  crash "$2"
  "$lab" restart --dir "$dir" "$1" >>"$scratch/restart.out" 2>&1
  wait_for_role "$1" "master|primary" 90
}
write_on() { on "$1" "insert into ci.projects (name) values ('written on $1')"; }
refuses_writes() {  # refuses_writes MEMBER WORDS: and its clients are told why
  if write_on "$1" >"$scratch/write.out" 2>&1; then failed "$1 took a write"; fi
  contains "$scratch/write.out" "$2"
}
owner_on() { on "$1" "select last_value from pgcleave.owner_ci"; }
