// What a check found: what it is, what was seen and how to see it oneself, why it matters, and what fixes it.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"

namespace pgcleave::checks {

enum class Severity { blocker, warning, note };
const char* name_of(Severity severity);

struct Finding {
  std::string id;  // stable, of its family: "fence.moved_table_unfenced"
  Severity severity = Severity::blocker;
  std::string object;    // "table ci.builds on target ci"
  std::string evidence;  // what was seen
  std::string query;     // which shows it again; empty where none does
  std::string why;       // what would happen
  std::string fix;       // a statement or a command
};

using Findings = std::vector<Finding>;
void take(Findings& all, Findings found);  // adds them

// For evidence: what is longer ends in " ...", and no character is cut in two.
std::string shortened(const std::string& text, std::size_t most_bytes);

Json json_of(const Finding& finding);
std::size_t count(const Findings& findings, Severity severity);

}  // namespace pgcleave::checks
