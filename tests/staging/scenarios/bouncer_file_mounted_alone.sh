#!/usr/bin/env bash
# A bouncer whose configuration file alone is mounted into its container goes on reading the old file after a rename.
# That is found in prepare, before any client waits, and nothing is left behind. Needs a mount namespace, which stands
# for the container.
source "$(dirname "$0")/../scenario.sh"
with_own_mounts
lab_up 1
config=$dir/bouncer-1.ini
say "the bouncer starts again in a namespace of its own, with its file mounted alone"
kill "$(cat "$dir/bouncer-1.pid")"
for _ in $(seq 100); do kill -0 "$(cat "$dir/bouncer-1.pid" 2>/dev/null)" 2>/dev/null || break; sleep 0.05; done
user=$(stat -c %U "$config")
mkdir -p "$scratch/aside"
unshare -m --propagation=private bash -c '
  set -e
  mount --bind "$1" "$2"
  mount -t tmpfs -o mode=755 tmpfs "$1"
  for name in "$2"/*; do
    case $name in
      */bouncer-1.ini) touch "$1/bouncer-1.ini"; mount --bind "$name" "$1/bouncer-1.ini" ;;
      *) ln -s "$name" "$1/" ;;
    esac
  done
  chown "$4" "$1"
  exec setpriv --reuid="$4" --regid="$(id -g "$4")" --clear-groups /usr/sbin/pgbouncer -q "$3"' \
  _ "$dir" "$scratch/aside" "$config" "$user" \
  >"$scratch/bouncer.out" 2>&1 &
bouncer=$!
trap 'kill "$bouncer" 2>/dev/null || true; clean_up' EXIT
port=$(sed -n 's/^listen_port = //p' "$config")
for _ in $(seq 100); do
  psql "host=127.0.0.1 port=$port user=pgcleave_admin dbname=pgbouncer" -qtAc "SHOW VERSION" >/dev/null 2>&1 && break
  sleep 0.05
done
before=$(sha256sum <"$config")
load_begin --writers 4 --rate 20

say "it is refused while clients work, and nothing is changed"
tool 3 run "$runbook" -e "$environment" --approve go
contains "$scratch/tool.out" "does not read its config file after a rename"
contains "$scratch/tool.out" "alone mounted into a container"
is "the file" "$(sha256sum <"$config")" "$before"
is "what lies beside it" "$(find "$dir" -maxdepth 1 -name '*bouncer-1.ini?*' | wc -l)" 0
is "owner on the source" "$(source_sql "select to_regclass('pgcleave.owner_ci')")" ""
load_end 1
verify_clean source
say "ok"
