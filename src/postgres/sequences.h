// The state of sequences, and how another side goes on from it. Which ones a split has is for others to say
// (sequence_uses.h).
#pragma once

#include <cstdint>
#include <optional>
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
  std::uint32_t oid = 0;
};

// Those of the names that are there, by schema and name. One round trip; some 0.15 ms for each sequence that was never
// called. In a window use SequenceReader.
Result<std::vector<Sequence>> sequences(Connection& connection, const std::vector<TableName>& names, Deadline deadline);

// Reads the same sequences again, in a window: what they are was read before, only their values are read anew.
class SequenceReader {
 public:
  // Reads all of it, and makes ready on this connection what read() needs. Takes a second for thousands.
  Result<void> prepare(Connection& connection, const std::vector<TableName>& names, Deadline deadline);
  [[nodiscard]] bool is_prepared() const { return holds_.has_value(); }
  // Of the names that prepare() was given. Two round trips, some microseconds per sequence. The slow way, by itself,
  // when prepare() was not called in the last ten seconds on this connection, or a sequence is no longer what it was.
  Result<std::vector<Sequence>> read(Connection& connection, Deadline deadline);

 private:
  static Result<bool> read_called(Connection& connection, std::vector<Sequence>& all, std::vector<std::size_t>& silent,
                                  Deadline deadline);
  Result<bool> read_silent(Connection& connection, std::vector<Sequence>& all, const std::vector<std::size_t>& silent,
                           Deadline deadline) const;
  std::vector<TableName> names_;
  std::vector<Sequence> known_;
  std::string statement_;  // prepared on the connection: those that were never called; empty: none
  std::optional<Deadline> holds_;
};

struct Bump {
  TableName name;
  std::int64_t value = 0;
  bool is_called = true;
};

// What must be set on `to` so that it continues where `from` stopped: never backwards in the direction of the
// increment, plus `gap` increments, kept inside minimum and maximum. Cycling sequences take from's value as it is (gap
// by wrapping round). `invalid` when a gap does not fit before the end of a sequence that does not cycle, when a
// sequence is missing on `to`, or when increments differ: named.
Result<std::vector<Bump>> bumps(const std::vector<Sequence>& from, const std::vector<Sequence>& to, std::int64_t gap);

// One round trip for all. setval is not transactional; calling it again with the same bumps changes nothing.
Result<void> set_sequences(Connection& primary, const std::vector<Bump>& bumps, Deadline deadline);

}  // namespace pgcleave::postgres
