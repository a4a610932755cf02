#!/usr/bin/env bash
# Runs a program in the time that all else leaves. Where Linux shares time between sessions first
# (kernel.sched_autogroup_enabled) a policy counts within a session only: so it gets one of its own, of the least
# weight.
# Usage: in_spare_time.sh PROGRAM WORDS...
set -euo pipefail
# shellcheck disable=SC2016
exec setsid --wait bash -c '{ echo 19 >/proc/self/autogroup; } 2>/dev/null || true; exec chrt --idle 0 "$@"' "$0" "$@"
