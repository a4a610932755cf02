// What a table's rows are compared by, and which of its columns can be. Two values are the same where PostgreSQL writes
// the same text for them, since that is what replication carries: 1.0 is not 1.00, 0 is not -0, 1 day is not 24 hours,
// and a text is its bytes, whatever its collation takes for equal.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compare/pair.h"
#include "data/table.h"

namespace pgcleave::compare {

struct Column {
  std::string name;
  std::string type;   // as SQL writes it, with its modifier
  std::string base;   // the type in pg_catalog that it is, or that its domain is over; "" = another schema's
  std::string order;  // of its collation: provider, locale and version; "" = none
  bool generated = false;
  bool identity_always = false;
};

struct Shape {
  std::optional<data::Leaf> leaf;  // none: there is no such table
  std::string kind;                // relkind of pg_class
  bool unlogged = false;
  std::vector<Column> columns;
  std::optional<data::Key> key;
  bool scattered = false;  // rows whose keys are next to each other lie anywhere, by the planner's statistics
};

// Reads the catalog only. `table` itself holds rows: of a partitioned one each partition is read by itself.
Result<Shape> read_shape(postgres::Connection& connection, const postgres::TableName& table, Deadline deadline);

// A table that both have, as it is compared.
struct ComparedTable {
  postgres::TableName name;
  data::Leaf leaf;                 // of the original
  bool scattered = false;          // its rows, as Shape says
  data::Key key;                   // by which rows are told apart; no columns: alike rows are counted
  bool sorted_alike = false;       // by both servers, so that ranges of keys make blocks; else all rows are one
  std::vector<Column> columns;     // that both have, as the original has them
  std::vector<std::string> notes;  // what differs in shape; each a few words
  std::string why_not;             // rows can't be compared; empty: they can
};

ComparedTable compared(const postgres::TableName& name, const Shape& original, const Shape& copy, const Labels& labels);

// ---- SQL, over the alias `row`

// A number of 64 bits that tells a row's values, computed by the server. `seed`: another one makes other numbers.
std::string row_hash_sql(const std::vector<Column>& columns, std::int64_t seed);
// What a row is told apart by, as a JSON array of texts: the key's values, as data::walk_by_key() writes cursors, or
// the row's hash.
std::string key_text_sql(const ComparedTable& table, std::int64_t seed);
// A number of 64 bits that is the same for rows of the same key.
std::string key_hash_sql(const ComparedTable& table, std::int64_t seed);

}  // namespace pgcleave::compare
