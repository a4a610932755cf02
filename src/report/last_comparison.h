// What people and programs are told of the last comparison of both sides' rows.
#pragma once

#include <optional>
#include <string>

#include "base/json.h"
#include "readiness/last_comparison.h"
#include "report/document/document.h"
#include "runbook/change.h"

namespace pgcleave::report {

using readiness::LastComparison;

// "the same in 12 tables, 1,204,332 rows; target ci follows source main by replay of the standby; begun ... UTC by
// pgcleave compare (v-...), at 0/5A3"; "never compared, as far as this journal tells". No text ages.
std::string in_words(const std::optional<LastComparison>& last);
std::string age_in_words(std::int64_t at_us, std::int64_t now_us);  // "3 h 5 min ago"

// {"verdict": same|different|not_proven|never, "text": in_words()}, and unless it is never: "run", "step", "by",
// "original", "copy", "how", "position", "began_at_us", "tables", "rows", "differing_tables", "differences", "columns",
// "incomplete_tables", "undecided", "passed_by", "passed_at_us". `compare`: the command, told as "next" unless the same
// was found by the sides' present roles.
Json comparison_data(const std::optional<LastComparison>& last, const std::string& compare);

std::string compare_command(const runbook::Change& change);
// Which tables differ, or were not compared to their end; at `now_us`.
Section rows_section(const std::optional<LastComparison>& last, const std::string& compare, std::int64_t now_us);

}  // namespace pgcleave::report
