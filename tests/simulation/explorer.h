// Goes through what may happen. At each point it forks: the child goes on with a fault, the parent without. So what
// they have had in common is run once, and each path is judged at its end by the process that went it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "choice.h"

namespace pgcleave::simulation {

struct Plan {
  int faults = 1;           // at most, on one path
  int jobs = 2;             // processes at once
  std::uint64_t seed = 1;   // of the sample
  double second = 1;        // the part of all second faults that is tried
  std::vector<Fault> only;  // nothing is explored: these happen
};

struct Counts {
  std::int64_t points = 0;         // on the path without a fault
  std::int64_t crashes = 0;        // places to die at, on that path
  std::int64_t by_faults[4] = {};  // paths that were judged, by the number of their faults
  std::int64_t failed = 0;
};

// `path` is one trial, from its beginning to its judgement; it returns what is wrong, "" when nothing is. Faults begin
// where it calls arm(). It asks fork_for() where both of two ways are to be gone.
Counts explore(const Plan& plan, const std::function<std::string()>& path,
               const std::function<void(const std::string&)>& failed);

void arm();
void disarm();
// True in one process and false in another. When nothing is explored: `otherwise`.
bool both_ways(bool otherwise);
const std::vector<Fault>& faults_so_far();
std::string text_of(const std::vector<Fault>& faults);

}  // namespace pgcleave::simulation
