// A block of a table: the rows whose keys are behind `after` and up to and with `to`. Blocks are half open, so each row
// of a table that stands still is in one of them and in no other. Both servers are asked at once.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "compare/columns.h"
#include "compare/horizon.h"
#include "compare/pair.h"

namespace pgcleave::compare {

struct Block {
  std::optional<std::string> after;  // as data::walk_by_key() writes cursors; none: from the first row
  std::optional<std::string> to;     // none: to the last
};

// How many rows, and the sum of their hashes: the same for the same rows in any order. A sum and no XOR: of that two
// rows that are alike would leave nothing.
struct Digest {
  std::int64_t rows = 0;
  std::string sum;
  bool operator==(const Digest&) const = default;
};

// Rows of one key: one, or none, or several where nothing keeps a key from coming twice.
struct Version {
  std::string hash;
  std::string xmin;
  std::int64_t rows = 1;
  bool operator==(const Version&) const = default;
};
using Versions = std::map<std::string, Version>;  // by the key's text

template <class T>
struct Both {
  T original;
  T copy;
};

// Rows of a block, and how many of them may have been written since a horizon.
struct Written {
  std::int64_t rows = 0;
  std::int64_t written = 0;
};

class BlockReader {
 public:
  BlockReader(Pair& pair, const ComparedTable& table, std::int64_t seed) : pair_(pair), table_(table), seed_(seed) {}

  [[nodiscard]] Pair& pair() { return pair_; }
  [[nodiscard]] const ComparedTable& table() const { return table_; }
  [[nodiscard]] std::int64_t seed() const { return seed_; }

  Result<Both<Digest>> digests(const Block& block, Deadline deadline);
  Result<Both<Written>> written(const Block& block, const Both<Horizon>& since, Deadline deadline);
  Result<Both<Versions>> rows(const Block& block, Deadline deadline);
  // Of a table that is no range of keys: rows whose keys' hashes end alike are a bucket. Those that differ, with how
  // many rows the fuller side has in each.
  Result<std::map<std::int64_t, std::int64_t>> differing_buckets(Deadline deadline);
  Result<Both<Versions>> rows_in(const std::vector<std::int64_t>& buckets, Deadline deadline);
  // Of these keys, on one server.
  Result<Versions> rows_of(postgres::Connection& server, const std::vector<std::string>& keys, Deadline deadline);

 private:
  [[nodiscard]] std::string whole() const;
  [[nodiscard]] std::string bucket_sql() const;
  [[nodiscard]] std::string rows_sql(const std::string& from, const std::string& where) const;
  Pair& pair_;
  const ComparedTable& table_;
  std::int64_t seed_;
};

// The rows of these keys.
struct FromWhere {
  std::string from;
  std::string where;
};
Result<FromWhere> rows_of_keys_sql(const ComparedTable& table, const std::vector<std::string>& keys, std::int64_t seed);

}  // namespace pgcleave::compare
