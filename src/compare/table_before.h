// What an earlier comparison leaves of a table whose rows it found the same: how many rows lay in each block, and from
// where on transactions may have changed them (horizon.h). Keys, and no value. It lies on the original, in
// pgcleave.compared_before, until a later comparison finds the same again.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "compare/block.h"
#include "compare/horizon.h"

namespace pgcleave::compare {

struct BlockBefore {
  Block block;
  std::int64_t rows = 0;  // -1: it was not the same on both sides at one look
};

struct TableBefore {
  std::string by;                // the comparison's id
  std::int64_t began_at_us = 0;  // wall clock of its host
  Both<Horizon> horizons;
  std::string form;                 // form_text() of both
  std::vector<BlockBefore> blocks;  // each behind the one before, from the first row to the last

  [[nodiscard]] Json json() const;
};
// What can't be read has no block.
TableBefore table_before_in(const Json& json);

// How a server stores a table: whatever changes what its rows are without writing them changes this.
struct Form {
  std::string text;
  std::string unproven;  // why its rows may change without being written; empty: they can't
};
using Forms = std::map<postgres::TableName, Form>;
// Of those that are there.
Result<Forms> read_forms(postgres::Connection& connection, const std::vector<postgres::TableName>& tables,
                         Deadline deadline);

// In order, if they are one chain from the first row to the last; else none.
std::vector<BlockBefore> chain_of(const std::vector<BlockBefore>& blocks);

using TablesBefore = std::map<postgres::TableName, TableBefore>;
// Empty where nothing was ever kept.
Result<TablesBefore> read_tables_before(postgres::Connection& original, Deadline deadline);
// All or none. After an error the session is of no more use.
Result<void> keep_tables_before(postgres::Connection& primary, const TablesBefore& tables, Deadline deadline);

}  // namespace pgcleave::compare
