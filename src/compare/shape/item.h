// One thing that a table has, as one server describes it: what compare_shape() compares.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "compare/shape/shape.h"

namespace pgcleave::compare {

struct Grants {
  std::string object;                // "TABLE ci.builds"
  std::string sequence;              // as its item is named; empty: the object is the table
  std::string role;                  // as SQL writes it
  std::set<std::string> privileges;  // "SELECT", "UPDATE (state)"
  std::set<std::string> grantable;   // those of them that the role can grant
};

struct ShapeItem {
  postgres::TableName table;
  ShapeKind kind = ShapeKind::table;
  std::string name;
  std::string definition;
  std::string state;      // what can be changed by itself: NOT VALID, DISABLED; empty: as usual
  std::string make;       // SQL, each empty where it is not simple
  std::string unmake;     // that takes it away
  std::string set_state;  // that gives it its state, whatever state it has
  std::optional<Grants> grants;

  [[nodiscard]] std::string text() const;
};

using ShapeKey = std::tuple<postgres::TableName, ShapeKind, std::string>;
using ShapeItems = std::map<ShapeKey, ShapeItem>;

// What both versions know.
struct BothKnow {
  bool not_null_constraints = false;  // 18
  bool maintain = false;              // 17
};
BothKnow both_know(int one_version, int other_version);

// The statements that read items. Each gives columns kind, schema, relation, name, definition, state, make, unmake and
// set_state, or those of Grants. `tables`: the head of a statement that names the tables (tables_sql).
std::string tables_sql(const std::vector<postgres::TableName>& tables);
std::string column_items_sql(const std::string& tables, const BothKnow& both);
std::string table_items_sql(const std::string& tables);
std::string constraint_items_sql(const std::string& tables, const BothKnow& both);
std::string index_items_sql(const std::string& tables);
std::string trigger_items_sql(const std::string& tables);
std::string policy_items_sql(const std::string& tables);
std::string sequence_items_sql(const std::string& tables);
std::string grant_items_sql(const std::string& tables, const BothKnow& both);

// A further part of such a head, `used`: sequences that a table's column owns or has in its default. A row for each
// column and sequence.
std::string used_sequences_sql();
// A name as people read it, the same in all versions: quote_ident() knows other keywords in each.
std::string readable_name_sql(const std::string& expression);

// Reads all of one kind of statement on both servers.
struct BothItems {
  ShapeItems original;
  ShapeItems copy;
};
Result<BothItems> read_items(Pair& pair, const std::vector<postgres::TableName>& tables, Deadline deadline);

std::vector<ShapeDifference> differences_of(const BothItems& items, const std::set<postgres::TableName>& with_rows);

// Keys that exist and that a sequence of the original is going to give out.
struct SequenceFindings {
  std::vector<ShapeDifference> differences;
  std::vector<std::string> unjudged;  // columns whose values were not read
};
Result<SequenceFindings> judge_sequences(postgres::Connection& original, const std::vector<postgres::TableName>& tables,
                                         Deadline deadline);

}  // namespace pgcleave::compare
