// What one server knows of who owns a split: for whoever compares both sides (world/owners.h).
#pragma once

#include <optional>
#include <string>

#include "fence/ownership.h"
#include "fence/sql/witness.h"

namespace pgcleave::fence {

// A row of the ownership log that passed ownership, or announced it.
struct OwnershipRow {
  std::string run;
  int epoch = 0;
  Owner expected = Owner::nobody;
  Owner next = Owner::nobody;
};

struct OwnerState {
  std::optional<Owner> owner;        // no value: the fence is not installed
  int epoch = 0;                     // under which this server last became an owner; 0: never since the fence was made
  std::optional<OwnershipRow> last;  // the newest row of the log
  std::string witness;               // in force here; "" when there is none
  std::string newest_canary;         // of the rows that this side itself wrote before it gave ownership away; "": none
};

// Reads only. `side` says whose canary rows are its own.
Result<OwnerState> owner_state(postgres::Connection& connection, const std::string& split, Owner side,
                               Deadline deadline);

// When and by which run a split got the owner that it has, by one server's own log.

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
