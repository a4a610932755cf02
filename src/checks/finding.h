// What a check found: what it is, what was seen and how to see it oneself, why it matters, and what fixes it.
#pragma once

#include <set>
#include <string>
#include <utility>
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

// What was found at one time, to tell what is new at a later one: a rollback that leaves something behind shows there.

std::string title_of(const Finding& finding);  // "fence.moved_table_unfenced (table ci.builds on target ci)"

class Picture {
 public:
  Picture() = default;
  explicit Picture(const Findings& found);

  // Titles of what is new in `now`: blockers, or warnings too. What the load alone changes is left out.
  [[nodiscard]] std::vector<std::string> new_in(const Findings& now, Severity least) const;

 private:
  std::set<std::string> known_;
};

// What those share who judge for one family: where findings are kept, and the family's name before each id.

class Judging {
 protected:
  explicit Judging(const char* family) : family_(family) {}
  ~Judging() = default;

  void add(const char* id, Severity severity, std::string object, std::string evidence, std::string query,
           std::string why, std::string fix) {
    found_.push_back({std::string(family_) + "." + id, severity, std::move(object), std::move(evidence),
                      std::move(query), std::move(why), std::move(fix)});
  }

  Findings found_;

 private:
  const char* family_;
};

}  // namespace pgcleave::checks
