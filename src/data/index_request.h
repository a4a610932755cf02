// An index that somebody wants, and what PostgreSQL makes of it before it is built.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/units.h"
#include "postgres/catalog.h"

namespace pgcleave::data {

struct IndexRequest {
  postgres::TableName table;
  std::string name;  // as it is stored; in the table's schema
  bool unique = false;
  std::string definition;  // what CREATE INDEX has after the table: "(client, n)", "USING gin (tags) WHERE open"

  [[nodiscard]] postgres::TableName index() const { return {table.schema, name}; }
  [[nodiscard]] std::string text() const;  // "unique index ci.jobs_once on ci.jobs (client, n)", for people
  // CREATE INDEX of that index on `on`, which is the table or one of its partitions. `how`: "CONCURRENTLY" or "".
  [[nodiscard]] std::string sql(const std::string& how, const std::string& index, const std::string& on) const;
};

struct IndexShape {
  std::string definition;         // the request's, as PostgreSQL writes it
  std::vector<std::string> keys;  // columns and expressions that are indexed, in SQL; without those of INCLUDE
  std::string predicate;          // of WHERE, in SQL; "" = none
  bool nulls_are_equal = false;   // NULLS NOT DISTINCT
  Bytes entry{};                  // of one row, about: by the planner's statistics
};

// `invalid` where the definition holds more than one statement, or PostgreSQL refuses it: a column that does not exist,
// a type without an operator class. Tried on an empty temporary copy of the table, in a transaction that is rolled
// back: the table itself is only read.
Result<IndexShape> try_index(postgres::Connection& primary, const IndexRequest& request, Deadline deadline);

}  // namespace pgcleave::data
