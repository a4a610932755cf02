// The small table that steps versions.track and versions.untrack name.
#pragma once

#include "data/version_bounds.h"
#include "steps/step.h"

namespace pgcleave::steps {

Result<data::VersionBounds> bounds_of(const Context& context);
std::vector<runbook::Parameter> bounds_parameters();

// Runs the statements in one transaction that waits for locks a tenth of a second at most, again and again.
Result<void> run_politely(Context& context, const std::string& statements);

// What is there of it on the side's leader.
struct BoundsSeen {
  bool table = false;
  std::int64_t functions = 0;
  std::int64_t triggers = 0;
};
Result<BoundsSeen> see_bounds(Context& context, const data::VersionBounds& bounds);

}  // namespace pgcleave::steps
