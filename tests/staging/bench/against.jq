# Rounds of two versions: medians with their spread, and how they compare.
def median: sort | if length % 2 == 1 then .[length / 2 | floor] else (.[length / 2 - 1] + .[length / 2]) / 2 end;
def spread: {median: median, min: min, max: max};
def total(what): map(to_entries[] | select(.key | test("^(logical|before)_" + what + "$")) | .value) | add;
. as $rounds
| def figures(name): {
    pause_ms: ($rounds | map(.[name + "_pause_ms"]) | spread),
    rollback_pause_ms: ($rounds | map(.[name + "_rollback_pause_ms"]) | spread),
    client_gap_ms: ($rounds | map(.[name + "_client_gap_ms"]) | spread),
    steps_ms: ($rounds[0][name + "_steps_ms"]
      | with_entries(.key as $step | .value = ($rounds | map(.[name + "_steps_ms"][$step] // 0) | median)))};
{rounds: ., now: figures("logical"), before: figures("before"),
 client_errors: total("client_errors"), lost: total("lost"), duplicated: total("duplicated"),
 on_both_sides: total("on_both_sides")}
| .logical_pause_ms = .now.pause_ms.median
| .pause_over_before = .now.pause_ms.median / .before.pause_ms.median
| .rollback_pause_over_before = .now.rollback_pause_ms.median / .before.rollback_pause_ms.median
