// What a subscription is made with beyond its publication and slot, and by what that is chosen. Asks nobody.
#pragma once

#include <string>
#include <vector>

#include "postgres/catalog.h"

namespace pgcleave::postgres {

// server_version_num
constexpr int origins_since = 160000;         // options origin and run_as_owner
constexpr int failover_slots_since = 170000;  // slots that are synchronized to standbys

struct SubscriptionOptions {
  bool local_only = false;  // origin = none: what the publisher has applied by replication itself is not sent
  bool as_owner = false;    // run_as_owner: rows are applied as the subscription's owner, not as each table's
  bool operator==(const SubscriptionOptions&) const = default;
};

// "origin = none, run_as_owner = false", for WITH and SET. "" for a version that has no such options: 15 sends what it
// has, from whomever it came, and applies as the subscription's owner.
std::string options_sql(const SubscriptionOptions& options, int version);

// Row security as it meets an apply worker, which is refused a table where it is in force for its role (16).
struct RowSecurity {
  bool bypassed = false;          // not in force for the session's role: superuser or BYPASSRLS
  std::vector<TableName> forced;  // in force for the table's owner too: FORCE ROW LEVEL SECURITY
};

// `other_origins`: replication that is not ours and writes the same tables on the publisher. origin = none would leave
// out what it brings; so it is a second belt only where there is none. Rows are applied as each table's owner, who has
// no more rights than that, unless only the subscription's owner passes row security.
SubscriptionOptions chosen_options(const std::vector<std::string>& other_origins, const RowSecurity& security);

}  // namespace pgcleave::postgres
