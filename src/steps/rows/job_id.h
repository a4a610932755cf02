// A job's id in pgcleave.jobs: the run's and the step's.
#pragma once

#include <string>

namespace pgcleave::steps {

inline std::string job_id(const std::string& run, const std::string& step) {
  return run + "/" + step;
}

}  // namespace pgcleave::steps
