// All that was read of the two sides and the bouncers, and what of it a person decided.
#pragma once

#include <optional>

#include "init/bouncer.h"
#include "init/proposal.h"

namespace pgcleave::init {

struct Found {
  ClusterFound source;
  ClusterFound target;
  std::vector<BouncerFound> bouncers;
  PoolsFound pools;
  CatalogFound catalog;  // of the source
  TableGraph graph;
  std::set<postgres::TableName> used;  // through the pools; empty where nobody watched
};

struct FoundOrErrors {
  std::optional<Found> found;
  std::vector<Error> errors;  // one for each address that can't be used; empty exactly when all was read
};

// Changes nothing and writes nothing. Some seconds at most, whatever is silent: each address has time_per_address.
FoundOrErrors read_all(const Asked& asked);

// The tables that are asked for, or else those of the first candidate. `invalid`: a schema or pattern names no table,
// or nothing is asked for and there is no candidate.
struct Choice {
  std::set<postgres::TableName> moved;
  std::string why;  // of a candidate; "" where it was asked for
};
Result<Choice> chosen_by(const Asked& asked, const Found& found, const std::vector<Candidate>& candidates);

}  // namespace pgcleave::init
