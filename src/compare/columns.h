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
  std::string kind;                // "table", "partitioned table", ...
  std::vector<Column> columns;
  std::optional<data::Key> key;
};

// Reads the catalog only. `table` itself holds rows: of a partitioned one each partition is read by itself.
Result<Shape> read_shape(postgres::Connection& connection, const postgres::TableName& table, Deadline deadline);

// A table that both have, as it is compared.
struct ComparedTable {
  postgres::TableName name;
  data::Leaf leaf;                 // of the original
  data::Key key;                   // by which rows are told apart and blocks are made
  std::vector<Column> columns;     // that both have, as the original has them
  std::vector<std::string> notes;  // what differs in shape; each a few words
  // Why rows can't be compared by blocks of keys: there is none, or the two servers may not sort it alike. Empty: they
  // can, and only then holds `key`.
  std::string why_not;
};

ComparedTable compared(const postgres::TableName& name, const Shape& original, const Shape& copy, const Labels& labels);

// ---- SQL, over the alias `row`

// A number of 64 bits that tells a row's values, computed by the server. `seed`: another one makes other numbers.
std::string row_hash_sql(const std::vector<Column>& columns, std::int64_t seed);
// The key's values as a JSON array of texts, as data::walk_by_key() writes cursors.
std::string key_text_sql(const data::Key& key);

}  // namespace pgcleave::compare
