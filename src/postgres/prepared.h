// Prepared transactions: nobody ends them but a person or a transaction manager, they keep their locks over restarts,
// and a promotion copies them.
#pragma once

#include <string>
#include <vector>

#include "postgres/connection.h"

namespace pgcleave::postgres {

struct PreparedTransaction {
  std::string gid;
  std::string database;
  std::string owner;
  auto operator<=>(const PreparedTransaction&) const = default;
  [[nodiscard]] std::string text() const;  // 'billing-7' of app
};

// Of the connection's database, by gid.
Result<std::vector<PreparedTransaction>> prepared_transactions(Connection& connection, Deadline deadline);

// Of all databases of a promoted side: those that the promotion copied, which are older than the side's taking of
// ownership. All, as long as this side has not taken it.
Result<std::vector<PreparedTransaction>> copied_transactions(Connection& promoted, const std::string& split,
                                                             Deadline deadline);

}  // namespace pgcleave::postgres
