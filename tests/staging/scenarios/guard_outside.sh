#!/usr/bin/env bash
# A service that is stopped ends everything in its control group. The guard runs in another one, where systemd-run can
# be asked, and brings clients back. This machine may have no systemd: what stands in for systemd-run makes the control
# group itself, as a scope is made.
source "$(dirname "$0")/../scenario.sh"
groups=/sys/fs/cgroup/systemd
[ -d "$groups" ] || groups=/sys/fs/cgroup
service=$groups/pgcleave-test-service-$$
mkdir "$service" 2>/dev/null || skip "no control group can be made here"
lab_up 2
load_begin --writers 4 --rate 20
mkdir "$scratch/bin"
cat >"$scratch/bin/systemd-run" <<END
#!/usr/bin/env bash
echo "\$*" >>"$scratch/asked"
while [ "\$1" != -- ]; do case \$1 in --unit=*) unit=\${1#--unit=} ;; esac; shift; done
shift
mkdir "$groups/\$unit.scope" && echo \$\$ >"$groups/\$unit.scope/cgroup.procs" || exit 1
exec "\$@"
END
chmod +x "$scratch/bin/systemd-run"
remove_groups() {
  for group in "$service" "$groups"/pgcleave-guard-*.scope "$groups"/pgcleave-try-*.scope; do
    rmdir "$group" 2>/dev/null || true
  done
}
trap 'clean_up; remove_groups' EXIT

say "plan says where a guard would run"
"$build/pgcleave" plan "$runbook" -e "$environment" >"$scratch/plan.out" 2>&1 || true
grep -q "the guard: no process could be started outside of this one's control group" "$scratch/plan.out" ||
  [ -d /run/systemd/system ] ||
  failed "plan does not say that the guard can't be outside"
PATH=$scratch/bin:$PATH "$build/pgcleave" plan "$runbook" -e "$environment" >"$scratch/plan.out" 2>&1 || true
contains "$scratch/plan.out" "the guard: a process was started in the control group /pgcleave-try-"

say "the whole service is killed in the window"
rm -f "$scratch/reached"
PATH=$scratch/bin:$PATH PGCLEAVE_FAULT="sleep 60000|after effect release ownership" \
  PGCLEAVE_FAULT_REACHED=$scratch/reached bash -c 'echo $$ >"$0/cgroup.procs"; exec "$@"' "$service" \
  "$build/pgcleave-faulty" run "$runbook" -e "$environment" --approve go \
  >"$scratch/service.out" 2>&1 &
tool_pid=$!
wait_for_file "$scratch/reached"
contains "$scratch/asked" "--scope"
guard=$(pgrep -f "^pgcleave guard .*$scratch")
is "the guard's name in ps" "$(ps -o args= -p "$guard" | cut -d' ' -f1,2)" "pgcleave guard"
is "the guard's parent" "$(ps -o ppid= -p "$guard" | tr -d ' ')" "$tool_pid"
grep -qx "$tool_pid" "$service/cgroup.procs" || failed "the tool is not in the service's control group"
! grep -qx "$guard" "$service/cgroup.procs" || failed "the guard is in the service's control group"
xargs kill -KILL <"$service/cgroup.procs"
code=0
wait "$tool_pid" || code=$?
is "the tool of the service that was killed" "$code" 137
guard_ends_within 20
contains "$scratch/service.out" "its process died in the window; bringing clients back"
is "state" "$(status .state)" "window undone"
is "owner on the source" "$(owner_on_source)" 1
load_end 1
verify_clean source
say "ok"
