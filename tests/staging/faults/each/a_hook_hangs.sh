title="a command of the runbook hangs in the window"
letter=A places="paused back_paused" lasts=12
fault() { echo hang >"$work/hook.mode"; }
had_effect() { [ -s "$work/hook.log" ] && [ "$exit_code" != 0 ]; }
heal() { : >"$work/hook.mode"; }
