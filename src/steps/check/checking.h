// What apply means for a step that only looks: say what is wrong, at once or after having waited for it to come right.
#pragma once

#include <functional>
#include <string>

#include "steps/check/findings.h"
#include "steps/step.h"

namespace pgcleave::steps {

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
