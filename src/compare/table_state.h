// How far the comparison of a table is, as it is kept for another process: keys and names of columns, no value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "compare/block.h"

namespace pgcleave::compare {

struct TableState {
  std::string shape;                  // shape_text() of what was compared; empty: nothing was
  std::optional<std::string> cursor;  // the key up to which blocks were taken
  bool all_taken = false;
  std::vector<Block> open;  // of these, blocks that were not done
  std::int64_t size = 0;    // of the next block, in rows
  std::int64_t rows = 0;    // as TableResult has them
  std::int64_t blocks = 0;
  std::int64_t read_again = 0;
  bool parent = false;  // it has no rows of its own: only its shape is compared

  [[nodiscard]] Json json() const;
};

// Of a partitioned table.
Json parent_state();

// What is missing or of another type is as of a table that was not begun.
TableState table_state_in(const Json& json);

// A table with another oid, key or other columns has to be compared from its beginning.
std::string shape_text(const ComparedTable& table);

}  // namespace pgcleave::compare
