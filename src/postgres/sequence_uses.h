// Which tables use which sequences, in whatever way: by what the catalog knows, and by what stands in functions.
#pragma once

#include <optional>
#include <set>
#include <vector>

#include "postgres/catalog.h"

namespace pgcleave::postgres {

struct SequenceUse {
  TableName name;
  std::optional<TableName> owner;  // the table whose column owns it
  bool of_extension = false;
  std::set<TableName> uses;    // that own it, or use it themselves: by default, trigger, rule, policy, constraint,
                               // domain, a view over them
  std::set<TableName> beside;  // that are written by a function or procedure which uses it too
};

// All sequences of the database, by schema and name, without temporary ones and those of PostgreSQL and pgcleave.
// Functions in SQL and PL/pgSQL are parsed; other languages, and dynamic SQL that is put together, are gone through by
// their words, so that something may be found that is none. A name without a schema may be of any schema.
Result<std::vector<SequenceUse>> sequence_uses(Connection& connection, Deadline deadline);

}  // namespace pgcleave::postgres
