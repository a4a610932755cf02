// What proves, without reading its values, that a block holds the rows that it held when it was compared before.
//
// A version of a row never changes, and it bears the number of the transaction that wrote it (`xmin`). A horizon is
// noted before the first block of a comparison: the number before which each transaction had ended. So where no row of
// a block bears a number from the horizon on, the block holds no row that it did not hold then; and where it has as
// many rows as then, it has lost none. Updates, inserts and deletes are seen by this, whoever made them and whether
// triggers fired or not. What has changed without a transaction is not: files that were damaged or put back.
#pragma once

#include <cstdint>
#include <string>

#include "base/json.h"
#include "base/lsn.h"
#include "postgres/connection.h"

namespace pgcleave::compare {

struct Horizon {
  std::string server;     // which, which database, and its timeline: another one's transactions have other numbers
  std::int64_t xid = 0;   // each transaction before it had ended; of 64 bits
  std::int64_t next = 0;  // each that bears it or a later one had not begun
  Lsn position;           // of the WAL, behind the end of all that had ended

  [[nodiscard]] Json json() const;
};
// What is missing proves nothing.
Horizon horizon_in(const Json& json);

// `label`: how messages call the server.
Result<Horizon> read_horizon(postgres::Connection& connection, const std::string& label, Deadline deadline);
// Has what had ended by then on its disk: else a crash might forget it, and give its number to another transaction. A
// standby replays what is on its disk.
Result<void> make_durable(postgres::Connection& connection, const Horizon& horizon, Deadline deadline);
// Of the same server, and not so long ago that numbers of 32 bits come again. Empty: it can be used; else why not.
std::string why_useless(const Horizon& earlier, const Horizon& now);

// A condition over the alias `row`: it may have been written since.
std::string written_since_sql(const Horizon& horizon);

}  // namespace pgcleave::compare
