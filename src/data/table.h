// What a walk has to know of a table: its leaves, and a key that tells its rows apart. Only reads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "postgres/catalog.h"

namespace pgcleave::data {

struct KeyColumn {
  std::string name;
  std::string type;  // as SQL writes it
};

// A unique index over columns that are never null: the primary key where there is one.
struct Key {
  std::string index;
  std::vector<KeyColumn> columns;
  [[nodiscard]] std::string text() const;  // "a, b"
};

// What holds rows: the table itself, or one of its partitions at any level.
struct Leaf {
  std::uint32_t oid = 0;
  postgres::TableName name;
  std::int64_t blocks = 0;  // of its heap, now
  std::int64_t rows = 0;    // by the planner's statistics; 0: never analyzed
};

struct Column {
  std::string name;
  bool generated = false;  // also identity columns that are always generated
  std::string type;        // as SQL writes it, with its modifier: numeric(10,2)
};

struct Table {
  std::uint32_t oid = 0;
  postgres::TableName name;
  bool partitioned = false;
  std::vector<std::string> partition_keys;  // columns of it and of its partitions, at any level
  std::vector<Column> columns;
  std::vector<postgres::TableName> parents;  // partitioned ones: itself, and partitions that are partitioned
  std::vector<Leaf> leaves;                  // by oid, so that a partition that comes meanwhile comes last
  [[nodiscard]] const Column* column(const std::string& name) const;
};

// `invalid` when there is none, or when it is no table that holds rows of its own: a view, a foreign table, a
// partitioned table with a foreign partition.
Result<Table> read_table(postgres::Connection& connection, const postgres::TableName& name, Deadline deadline);

// Of one leaf. No value: none.
Result<std::optional<Key>> read_key(postgres::Connection& connection, std::uint32_t leaf, Deadline deadline);

}  // namespace pgcleave::data
