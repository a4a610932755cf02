// Sequences that belong to moved tables: owned (serial, identity) or used in a column default.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "postgres/catalog.h"

namespace pgcleave::postgres {

struct Sequence {
  TableName name;
  std::int64_t last_value = 0;
  bool is_called = false;
  std::int64_t increment = 1;
  std::int64_t minimum = 1;
  std::int64_t maximum = 0;
  std::int64_t cache = 1;
  bool cycles = false;
  bool shared = false;  // also used by a table outside the given ones
};

// By pg_depend and pg_sequence: owned by a column of one of the tables, or read by one of their defaults. One round trip.
Result<std::vector<Sequence>> sequences(Connection& connection, const std::vector<TableName>& tables, Deadline deadline);

struct Bump {
  TableName name;
  std::int64_t value = 0;
  bool is_called = true;
};

// What must be set on `to` so that it continues where `from` stopped: never backwards in the direction of the increment, plus
// `gap` increments, kept inside minimum and maximum. Cycling sequences take from's value as it is (gap by wrapping round).
// `invalid` when a gap does not fit before the end of a sequence that does not cycle, when a sequence is missing on `to`, or
// when increments differ: named.
Result<std::vector<Bump>> bumps(const std::vector<Sequence>& from, const std::vector<Sequence>& to, std::int64_t gap);

// One round trip for all. setval is not transactional; calling it again with the same bumps changes nothing.
Result<void> set_sequences(Connection& primary, const std::vector<Bump>& bumps, Deadline deadline);

}  // namespace pgcleave::postgres
