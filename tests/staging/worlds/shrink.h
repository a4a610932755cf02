// A failing world, made smaller while it still fails in the same way.
#pragma once
#include <chrono>

#include "world.h"

namespace pgcleave_worlds {

struct Shrunk {
  WorldPlan plan;
  Verdict verdict;
  int tries = 0;
};

Shrunk shrink(const WorldPlan& plan, const Verdict& verdict, const Settings& settings, std::chrono::seconds limit);
std::string as_scenario(const WorldPlan& plan, const Verdict& verdict, std::uint64_t seed);

}  // namespace pgcleave_worlds
