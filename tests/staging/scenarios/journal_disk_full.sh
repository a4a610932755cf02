#!/usr/bin/env bash
# The journal's disk is full while clients wait: a small one of its own, which needs a mount namespace. The window is
# undone or finished without it, and the run goes on from what the owners say as soon as there is room again.
source "$(dirname "$0")/../scenario.sh"
with_own_mounts
source "$root/tests/staging/journal_words.sh"
small=$scratch/small
mkdir -m 711 "$small"
mount -t tmpfs -o size=4m,mode=711 tmpfs "$small"
trap 'umount "$small" 2>/dev/null || true; clean_up' EXIT
lab_up 2
load_begin --writers 4 --rate 20
full() { cat /dev/zero >"$small/rest" 2>/dev/null || true; }
room() { rm -f "$small/rest"; }

# When exactly a full disk is felt depends on how much of SQLite's own file is free inside.
say "on a disk that is full, in the window or soon after it"
journal=$small/full.db
fails_at "after effect release ownership" full room "[48]" run "$runbook"
tool 0 rollback -e "$environment" --journal "$journal"
is "the source serves" "$(known '.serves')" source

load_end
verify_clean source
umount "$small"
say "ok"
