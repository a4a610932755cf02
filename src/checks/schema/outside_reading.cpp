#include "checks/schema/outside.h"

namespace pgcleave::checks {
namespace {

using postgres::TableName;

constexpr auto publications_sql = R"sql(
  SELECT p.pubname, p.puballtables, t.schemaname, t.tablename
    FROM pg_catalog.pg_publication p JOIN pg_catalog.pg_publication_tables t ON t.pubname = p.pubname
   WHERE p.pubname NOT LIKE 'pgcleave\_%'
   ORDER BY 1, 3, 4)sql";

// One list of kinds, so that it is one question.
constexpr auto others_sql = R"sql(
  SELECT 'subscription' AS kind, subname AS name, CASE WHEN subenabled THEN 'enabled' ELSE 'disabled' END AS a, '' AS b
    FROM pg_catalog.pg_subscription
   WHERE subdbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
     AND subname NOT LIKE 'pgcleave\_%'
  UNION ALL
  SELECT 'foreign_table', s.srvname, n.nspname, c.relname
    FROM pg_catalog.pg_foreign_table f
    JOIN pg_catalog.pg_foreign_server s ON s.oid = f.ftserver
    JOIN pg_catalog.pg_class c ON c.oid = f.ftrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  UNION ALL
  SELECT CASE c.relpersistence WHEN 't' THEN 'temporary_table' ELSE 'materialized_view' END, '', n.nspname, c.relname
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind = 'm' OR (c.relkind IN ('r', 'p') AND c.relpersistence = 't')
  UNION ALL
  SELECT 'event_trigger', e.evtname, e.evtevent, '' FROM pg_catalog.pg_event_trigger e
   WHERE e.evtenabled <> 'D' AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
     WHERE d.classid = 'pg_catalog.pg_event_trigger'::pg_catalog.regclass AND d.objid = e.oid AND d.deptype = 'e')
  UNION ALL
  SELECT 'extension', extname, '', '' FROM pg_catalog.pg_extension
  UNION ALL
  SELECT 'preloaded', setting, '', '' FROM pg_catalog.pg_settings WHERE name = 'shared_preload_libraries'
  ORDER BY 1, 2, 3, 4)sql";

void take_row(const postgres::Rows& rows, std::size_t row, OutsideSeen& seen) {
  const auto& kind = rows.text(row, "kind");
  const auto& name = rows.text(row, "name");
  const auto& a = rows.text(row, "a");
  const auto& b = rows.text(row, "b");
  if (kind == "subscription") seen.subscriptions.push_back(name);
  if (kind == "foreign_table") seen.foreign_tables.emplace_back(name, TableName{a, b});
  if (kind == "materialized_view") seen.in_no_class["materialized views"].push_back({a, b});
  if (kind == "temporary_table") seen.in_no_class["temporary tables"].push_back({a, b});
  if (kind == "event_trigger") seen.event_triggers.push_back({name, a});
  if (kind == "extension") seen.extensions.push_back(name);
  if (kind == "preloaded") seen.preloaded = name;
}

}  // namespace

Result<OutsideSeen> inspect_outside(postgres::Connection& connection, const std::string& side,
                                    const TableReferences& references, Deadline deadline) {
  OutsideSeen seen;
  seen.side = side;
  TRY_ASSIGN(const auto published, connection.query(publications_sql, {}, deadline));
  for (std::size_t row = 0; row < published.size(); ++row) {
    const TableName table{published.text(row, "schemaname"), published.text(row, "tablename")};
    if (references.part_of(table) != Part::moved) continue;
    const auto& name = published.text(row, "pubname");
    if (seen.publications.empty() || seen.publications.back().name != name)
      seen.publications.push_back({name, published.boolean(row, "puballtables"), {}});
    seen.publications.back().moved.push_back(table);
  }
  TRY_ASSIGN(const auto others, connection.query(others_sql, {}, deadline));
  for (std::size_t row = 0; row < others.size(); ++row) take_row(others, row, seen);
  return seen;
}

}  // namespace pgcleave::checks
