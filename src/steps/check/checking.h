// What apply means for a step that only looks: say what is wrong, at once or after having waited for it to come right.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/format.h"
#include "base/lines.h"
#include "base/result.h"
#include "steps/step.h"

namespace pgcleave::steps {

// What a check found wrong: everything at once, each with its object.

class Findings {
 public:
  void add(const std::string& object, const std::string& what) { found_.push_back(object + ": " + what); }
  void add(const Error& error) { found_.push_back(one_line(error.text())); }
  [[nodiscard]] bool empty() const { return found_.empty(); }
  [[nodiscard]] const std::vector<std::string>& list() const { return found_; }
  [[nodiscard]] std::string text() const { return fmt::format("{}", fmt::join(found_, "; ")); }

 private:
  std::vector<std::string> found_;
};

using Observe = std::function<Result<Observation>(Context& context)>;

// What `inspect` finds, in a line of its own each, told as progress; then `not_ready` with the first and how many there
// are. Nothing found: the outputs of what it says.
Result<Json> check_each_once(Context& context,
                             const std::function<Result<Observation>(Context& context, Findings& findings)>& inspect);

// One look. `not_ready` with the evidence unless it says done.
Result<Json> check_once(Context& context, const Observe& observe);

// Looks until it says done; foreign ends the wait at once. New evidence is told as progress. `what` completes the
// sentence "gave up waiting until ..."; `object` is what the error is about.
Result<Json> check_until_done(Context& context, const Observe& observe, const std::string& what,
                              const std::string& object);

}  // namespace pgcleave::steps
