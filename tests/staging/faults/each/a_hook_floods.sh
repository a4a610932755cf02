title="a command of the runbook floods its output"
letter=A places="paused back_paused" lasts=12
fault() { echo flood >"$work/hook.mode"; }
had_effect() { [ -s "$work/hook.log" ]; }
heal() { : >"$work/hook.mode"; }
