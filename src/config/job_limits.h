// `limits` of an environment file: where jobs wait, by what the servers show. What a limit means: docs/moving-data.md.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/hours.h"
#include "base/units.h"
#include "config/schema.h"

namespace pgcleave::config {

struct JobLimit {
  std::string name;
  std::string help;
};
const std::vector<JobLimit>& job_limits();

struct JobLimits {
  std::map<std::string, Bytes> sizes;  // by name; zero: no limit
  std::optional<Hours> hours;          // in which jobs work; none: always
};
// What is not a limit, no size or no hours, is a problem.
JobLimits read_job_limits(const Node& node, Problems& problems);

}  // namespace pgcleave::config
