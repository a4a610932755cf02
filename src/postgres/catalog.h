// What tables a database has, as far as a split cares.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "postgres/connection.h"

namespace pgcleave::postgres {

struct TableName {
  std::string schema;
  std::string name;
  auto operator<=>(const TableName&) const = default;
  [[nodiscard]] std::string sql() const;  // quoted where needed: ci.builds, public."Weird Name"
};

// "ci.builds", "public.\"Weird Name\"", "users" (public is meant). `invalid` with what is wrong; folds unquoted names
// to lower case as PostgreSQL does; refuses names over 63 bytes, which PostgreSQL would cut in silence.
Result<TableName> parse_table_name(const std::string& text);

// Two array literals for unnest($1::text[], $2::text[]): schemas and names, in the order of the tables.
struct NameArrays {
  std::string schemas;
  std::string names;
};
NameArrays name_arrays(const std::vector<TableName>& tables);

enum class TableKind { plain, partitioned, partition };

struct Table {
  std::uint32_t oid = 0;
  TableName name;
  TableKind kind = TableKind::plain;  // partition: also a partitioned table that is itself a partition
  bool holds_rows = true;             // false for partitioned tables, at any level
  TableName root;                     // the topmost parent; itself for all others
  // Why it has no replica identity, so that a publisher refuses clients' UPDATE and DELETE; empty when it has one. Of
  // those that hold rows.
  std::string identity_problem;
  std::string unpublished;  // the generated columns of its replica identity, as SQL; "" where there is none
  // Why a subscriber could not find the rows that are updated or deleted there, although they are published; empty when
  // it can.
  std::string apply_problem;
  bool unlogged = false;
  std::string extension;  // that it belongs to
  // Why its updates and deletes can't be replicated; empty when they can.
  [[nodiscard]] const std::string& replication_problem() const {
    return identity_problem.empty() ? apply_problem : identity_problem;
  }
};

// All ordinary and partitioned tables outside pg_catalog, information_schema, pg_toast and pgcleave, by schema and
// name. A partition that is half detached still goes with the root that it had. Temporary tables are left out.
Result<std::vector<Table>> tables(Connection& connection, Deadline deadline);

// Columns of tables, as far as logical replication cares: it matches them by name.

using Columns = std::map<std::string, std::string>;  // name -> type, such as "numeric(20,2)"

// By table; generated columns are left out: a link does not replicate them (18 could, by publish_generated_columns,
// which its publications leave at none), and each side computes its own. A table that isn't there has no entry.
Result<std::map<TableName, Columns>> columns(Connection& connection, const std::vector<TableName>& tables,
                                             Deadline deadline);

}  // namespace pgcleave::postgres
