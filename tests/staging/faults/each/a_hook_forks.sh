title="a command of the runbook leaves a child behind that holds its output open"
letter=A places="paused back_paused" lasts=12
fault() { echo fork >"$work/hook.mode"; }
had_effect() { [ -s "$work/hook.log" ]; }
heal() { : >"$work/hook.mode"; }
