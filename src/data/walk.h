// Ways through the rows of one leaf, range after range. A range is half open: it begins behind the one before and ends
// where its `end` says, so no row of a table that stands still is in two ranges or in none.
//
//   KeyWalk   by a unique key. A unit is a row. A row stays in its range as long as its key does.
//   HeapWalk  by the heap's blocks (`ctid`, TID range scans since PostgreSQL 14): sequential reads, no index. A unit is
//             a place in a block. A row that is updated gets another place, perhaps in a later range: so what is done
//             to a row must be seen of it (`where`), and the end is the one that the heap had when the walk began. Rows
//             that moved behind it are found by another pass.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "data/table.h"

namespace pgcleave::data {

struct Range {
  std::string predicate;           // over the alias `row`; "true" never
  std::optional<std::string> end;  // the next cursor; none: the leaf ends here
  std::int64_t size = 0;           // units that were walked: rows, places
};

class Walk {
 public:
  Walk() = default;
  Walk(const Walk&) = delete;
  Walk& operator=(const Walk&) = delete;
  virtual ~Walk() = default;

  // The range behind `cursor` (none: from the beginning) of at most `size` units. No value: nothing is left. `invalid`
  // for a cursor that this walk never wrote.
  virtual Result<std::optional<Range>> next(postgres::Connection& connection, const std::optional<std::string>& cursor,
                                            std::int64_t size, Deadline deadline) = 0;
  // How many units there are about, for people.
  [[nodiscard]] virtual std::int64_t all() const = 0;
  [[nodiscard]] virtual std::int64_t first_size() const = 0;
  [[nodiscard]] virtual std::int64_t largest_size() const = 0;
};

std::unique_ptr<Walk> walk_by_key(const Leaf& leaf, const Key& key);
// The keys behind `after` up to and with `to`, as a condition over the alias `row`; both are cursors of walk_by_key().
// No value: from the first key, to the last; "true" without both. `invalid` for a cursor that it never wrote.
Result<std::string> key_range_sql(const Leaf& leaf, const Key& key, const std::optional<std::string>& after,
                                  const std::optional<std::string>& to);
std::unique_ptr<Walk> walk_heap(const Leaf& leaf);

// Over the alias `row`: the key's columns, each with the suffix ("row.a DESC, row.b DESC"); the key as cursors have it.
std::string key_columns_sql(const Key& key, const std::string& suffix = "");
std::string key_text_sql(const Key& key);
// An expression over the alias `row` that names a row for people: "id 17", "(a, b) (1, x)"; without a key its place.
std::string row_name_sql(const std::optional<Key>& key);

}  // namespace pgcleave::data
