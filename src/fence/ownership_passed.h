// When and by which run a split got the owner that it has, by one server's own log.
#pragma once

#include <optional>
#include <string>

#include "fence/ownership.h"

namespace pgcleave::fence {

struct OwnershipPassed {
  Owner owner = Owner::nobody;
  std::string run;
  std::int64_t at_us = 0;  // by the server's clock
};

// The newest row of `pgcleave.ownership_log` that made `owner` the owner. Reads only. No value: there is none, as
// before the first split, or the fence is not installed.
Result<std::optional<OwnershipPassed>> ownership_passed(postgres::Connection& connection, const std::string& split,
                                                        Owner owner, Deadline deadline);

}  // namespace pgcleave::fence
