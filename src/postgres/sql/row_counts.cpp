#include "postgres/sql/row_counts.h"

#include "base/format.h"

namespace pgcleave::postgres {
namespace {

constexpr std::int64_t counted_up_to_bytes = 64 << 20;

}  // namespace

Result<std::vector<RowCount>> row_counts(Connection& connection, const std::vector<TableName>& tables,
                                         Deadline deadline) {
  const auto named = name_arrays(tables);
  // As the planner does: the density that was seen last, times the blocks of now (estimate_rel_size, 15).
  TRY_ASSIGN(const Rows rows, connection.query(R"sql(
      SELECT n.nspname, c.relname, pg_catalog.pg_relation_size(c.oid) AS bytes,
             c.reltuples >= 0 AND c.relpages > 0 AS analyzed,
             CASE WHEN c.relpages > 0
               THEN pg_catalog.round(c.reltuples::pg_catalog.numeric / c.relpages * pg_catalog.pg_relation_size(c.oid)
                  / pg_catalog.current_setting('block_size')::pg_catalog.int8) ELSE 0 END::pg_catalog.int8 AS estimate
        FROM unnest($1::text[]::name[], $2::text[]::name[]) AS wanted(schema, name)
        JOIN pg_catalog.pg_namespace n ON n.nspname = wanted.schema
        JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = wanted.name AND c.relkind = 'r'
       ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C")sql",
                                               {named.schemas, named.names}, deadline));
  std::vector<RowCount> counts;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    RowCount count{{rows.text(row, "nspname"), rows.text(row, "relname")}, 0, true};
    const auto bytes = rows.number(row, "bytes");
    if (bytes > counted_up_to_bytes && rows.boolean(row, "analyzed")) {
      count.rows = rows.number(row, "estimate");
      count.exact = false;
    } else if (bytes > 0) {
      TRY_ASSIGN(const Rows counted,
                 connection.query(fmt::format("SELECT pg_catalog.count(*) AS n FROM ONLY {}", count.name.sql()), {},
                                  deadline));
      count.rows = counted.number(0, "n");
    }
    counts.push_back(std::move(count));
  }
  return counts;
}

std::string rows_in_words(std::int64_t rows, bool exact) {
  return fmt::format("{}{} row{}", exact ? "" : "about ", rows, rows == 1 && exact ? "" : "s");
}

}  // namespace pgcleave::postgres
