// All families of checks. Adding one: a file with a function that looks and returns its findings, and its line in
// families.cpp.
#pragma once

#include "checks/check_context.h"
#include "checks/finding.h"

namespace pgcleave::checks {

struct Family {
  const char* name;  // the first word of its findings' ids, and the name of its file
  Result<Findings> (*inspect)(CheckContext& context);
};

const std::vector<Family>& families();
// One more, of a room above this one: the family `process` is readiness/process_findings.cpp. Once, when a program
// begins.
void offer(const Family& family);
Result<std::vector<Family>> families_named(const std::vector<std::string>& names);

// One after the other, each with this much time, and with what is asked for watching on top. A family that can't finish
// is a finding itself: what it would have found is not known.
Findings inspect(world::World& world, const std::vector<Family>& families, const Asked& asked, Duration each);

}  // namespace pgcleave::checks
