#include "checks/workload/tables.h"

namespace pgcleave::checks {
namespace {

// A table's own setting can only lower the server's (PostgreSQL 15, autovacuum.c).
constexpr auto ages_sql = R"sql(
  SELECT n.nspname, c.relname, pg_catalog.age(c.relfrozenxid) AS age,
         LEAST(pg_catalog.current_setting('autovacuum_freeze_max_age')::int8,
               (SELECT o.option_value::int8 FROM pg_catalog.pg_options_to_table(c.reloptions) o
                 WHERE o.option_name = 'autovacuum_freeze_max_age')) AS forced,
         EXISTS (SELECT FROM pg_catalog.pg_stat_progress_vacuum v JOIN pg_catalog.pg_stat_activity a ON a.pid = v.pid
                  WHERE v.relid = c.oid AND a.backend_type = 'autovacuum worker'
                    AND a.query LIKE '%(to prevent wraparound)') AS running
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind = 'r' AND c.relpersistence <> 't'
     AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pgcleave')
   ORDER BY 3 DESC, 1, 2)sql";

}  // namespace

Result<std::vector<TableAge>> table_ages(postgres::Connection& connection, const TableReferences& references,
                                         Deadline deadline) {
  TRY_ASSIGN(const auto rows, connection.query(ages_sql, {}, deadline));
  std::vector<TableAge> found;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const postgres::TableName table{rows.text(row, "nspname"), rows.text(row, "relname")};
    if (references.part_of(table) != Part::moved) continue;
    found.push_back({table, rows.number(row, "age"), rows.number(row, "forced"), rows.boolean(row, "running")});
  }
  return found;
}

Result<Uses> table_uses(postgres::Connection& connection, Deadline deadline) {
  TRY_ASSIGN(const auto rows, connection.query(R"sql(
      SELECT schemaname, relname, COALESCE(seq_scan, 0) + COALESCE(idx_scan, 0) AS scans, n_tup_ins AS inserted,
             n_tup_upd + n_tup_del AS changed
        FROM pg_catalog.pg_stat_user_tables)sql",
                                               {}, deadline));
  Uses uses;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    uses[{rows.text(row, "schemaname"), rows.text(row, "relname")}] = {
        rows.number(row, "scans"), rows.number(row, "inserted"), rows.number(row, "changed")};
  }
  return uses;
}

}  // namespace pgcleave::checks
