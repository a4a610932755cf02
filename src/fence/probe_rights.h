// What a `probe` user that is not ours may write: the canary and probe tables of a split (ownership.h), so that its
// writes can wait in the very pool that clients wait in.
#pragma once

#include <string>
#include <vector>

#include "postgres/connection.h"

namespace pgcleave::fence {

// Those of the users that the server knows and that lack a right. A user who would own the tables lacks none, also
// before they are there.
Result<std::vector<std::string>> without_probe_rights(postgres::Connection& connection, const std::string& split,
                                                      const std::vector<std::string>& users, Deadline deadline);
Result<void> grant_probe_rights(postgres::Connection& primary, const std::string& split,
                                const std::vector<std::string>& users, Deadline deadline);
Result<void> revoke_probe_rights(postgres::Connection& primary, const std::string& split,
                                 const std::vector<std::string>& users, Deadline deadline);

}  // namespace pgcleave::fence
