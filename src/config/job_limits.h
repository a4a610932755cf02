// `limits` of an environment file: where jobs wait, by what the servers show. What a limit means: docs/moving-data.md.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/units.h"
#include "config/schema.h"

namespace pgcleave::config {

struct JobLimit {
  std::string name;
  std::string help;
};
const std::vector<JobLimit>& job_limits();

// By name; zero: no limit. What is not a limit, or no size, is a problem.
std::map<std::string, Bytes> read_job_limits(const Node& node, Problems& problems);

}  // namespace pgcleave::config
