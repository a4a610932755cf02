// Transactions that have not ended.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "postgres/connection.h"

namespace pgcleave::postgres {

// Those that have written something, oldest first: a line for people each, without the query's text.
Result<std::vector<std::string>> oldest_transactions(Connection& connection, int limit, Deadline deadline);

// Who keeps the server from vacuuming rows that died: the oldest snapshot of a session, a prepared transaction, or a
// slot, such as that of a standby which has gone (hot_standby_feedback). A line for people; none: nothing is older than
// so many transactions. Rows that are updated often take longer to find with each update then.
Result<std::optional<std::string>> keeps_from_vacuum(Connection& connection, std::int64_t transactions,
                                                     Deadline deadline);

// Prepared transactions: nobody ends them but a person or a transaction manager, they keep their locks over restarts,
// and a promotion copies them.

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
