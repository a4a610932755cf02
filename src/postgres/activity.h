// What sessions do just now, and how long their statements usually take. Only reads.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/deadline.h"
#include "postgres/connection.h"

namespace pgcleave::postgres {

// Of one normalized statement, by pg_stat_statements: since it was last reset, over all users.
struct StatementTimes {
  std::int64_t calls = 0;
  Duration mean{};
  Duration spread{};  // standard deviation
  Duration longest{};
};

// A session with an open transaction.
struct OpenTransaction {
  int pid = 0;
  std::string user;
  std::string application;
  bool idle = false;                       // idle in transaction: no statement runs
  Duration age{};                          // of the transaction
  Duration statement_age{};                // of the statement that runs, or ran last
  bool single_statement = false;           // the transaction began with this statement
  std::optional<StatementTimes> usual;     // none: not idle, not known, or pg_stat_statements is not in this database
  [[nodiscard]] std::string text() const;  // one line for people, without the statement's text
};

// Of those sessions, the ones that have a transaction open; a pid that is gone is left out. Statements of other users
// need pg_read_all_stats. A pg_stat_statements that can't be read is no error: `usual` is empty then.
Result<std::vector<OpenTransaction>> open_transactions(Connection& connection, const std::vector<int>& pids,
                                                       Deadline deadline);

// Where pg_stat_statements lies: in the schema that CREATE EXTENSION was given.

// The function behind the view, quoted: `public.pg_stat_statements`. None: the extension is not in this database. Where
// it is not in shared_preload_libraries, calling it is an error.
Result<std::optional<std::string>> statements_function(Connection& connection, Deadline deadline);

}  // namespace pgcleave::postgres
