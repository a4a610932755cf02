#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "lab.h"
#include "oracle.h"

namespace pgcleave_lab {

struct VerifyOptions {
  std::vector<std::filesystem::path> histories;
  std::string serving;                   // source, target, or empty: find out
  std::vector<std::string> may_be_lost;  // SCOPE:FROM_US:TO_US, each of an asynchronous failover
  Window window;                         // for waits and gaps; losses are always looked for in the whole history
  bool as_json = false;
  bool live = false;  // the load goes on: it has written what is in no history yet
};

// 0: nothing lost, duplicated or stored by both sides; 1: something was; 3: could not find out.
int verify(const Lab& lab, const VerifyOptions& options);

}  // namespace pgcleave_lab
