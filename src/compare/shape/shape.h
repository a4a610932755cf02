// Whether two servers have the same tables: not the rows, but what they are stored in and guarded by. Each server
// writes its own definitions, under settings that are the same on both (pair.h); they are compared as text. Only reads.
//
// Left out: the order of columns, the parts of a partitioned foreign key, whose names a server chooses, triggers of
// pgcleave's own functions, and what only the newer of two versions knows: the constraints that 18 has for NOT NULL,
// and the privilege MAINTAIN of 17.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "compare/pair.h"
#include "compare/settle.h"
#include "postgres/catalog.h"

namespace pgcleave::compare {

enum class ShapeKind {
  table,
  column,
  not_null,
  default_value,
  identity,
  generated,
  collation,
  partitioning,
  constraint,
  index,
  trigger,
  rule,
  policy,
  row_security,
  replica_identity,
  owner,
  grant,
  sequence,
  sequence_value  // it will give out a key that is there
};
const char* name_of(ShapeKind kind);

struct ShapeDifference {
  postgres::TableName table;  // none: the database as a whole
  ShapeKind kind = ShapeKind::table;
  std::string name;  // of the column, index, role, ...; empty: the table has one of this kind
  Kind what = Kind::changed;
  std::string original;  // as the server writes it; empty: it has none
  std::string copy;
  std::string repair;        // SQL that makes the copy like the original; empty: it is not simple. Nothing runs it
  bool on_original = false;  // the repair is for the original

  auto operator<=>(const ShapeDifference&) const = default;
  // "index builds_state is missing on target ci"
  [[nodiscard]] std::string in_words(const Labels& labels) const;
  [[nodiscard]] std::string table_in_words() const;
  [[nodiscard]] Json json() const;
  // For records: without definitions.
  [[nodiscard]] Json json_without_definitions() const;
};

struct ComparedShape {
  std::vector<ShapeDifference> differences;  // by table, kind and name
  std::vector<std::string> notes;            // for people: likely causes of rows that differ, what could not be judged
  std::string not_compared;                  // why; empty: it was

  [[nodiscard]] Json json(bool with_definitions) const;
};

struct Request;

// Of Request::tables and Request::parents. A difference is told only if it is there, and the same, once the copy has
// caught up. Fails when the stop was requested; what else fails stands in `not_compared`.
Result<ComparedShape> compare_shape(const Request& request);

}  // namespace pgcleave::compare
