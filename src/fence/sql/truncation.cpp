#include "fence/sql/truncation.h"

#include <map>
#include <set>

#include "base/format.h"

namespace pgcleave::fence {
namespace {

struct Root {
  bool partitioned = false;
  std::vector<postgres::TableName> leaves;  // that hold rows
};

std::map<postgres::TableName, Root> roots_of(const std::vector<postgres::Table>& tables) {
  std::map<postgres::TableName, Root> roots;
  for (const auto& table : tables) {
    auto& root = roots[table.root];
    if (table.kind == postgres::TableKind::partitioned) root.partitioned = true;
    if (table.holds_rows) root.leaves.push_back(table.name);
  }
  return roots;
}

// ONLY, so that a table that inherits in the old way, and may be in another class, is left alone. Partitioned tables
// refuse it.
std::string only(const postgres::TableName& table) {
  return "ONLY " + table.sql();
}

Truncation whole_tables(const std::vector<postgres::TableName>& component,
                        const std::map<postgres::TableName, Root>& roots,
                        const std::vector<postgres::ForeignKey>& keys) {
  Truncation one{component, referencing(component, keys), {}, ""};
  std::vector<std::string> names;
  const auto name = [&](const postgres::TableName& table) {
    const auto root = roots.find(table);
    names.push_back(root != roots.end() && root->second.partitioned ? table.sql() : only(table));
  };
  for (const auto& table : one.tables) {
    name(table);
    const auto& leaves = roots.at(table).leaves;
    one.leaves.insert(one.leaves.end(), leaves.begin(), leaves.end());
  }
  for (const auto& table : one.also) name(table);
  one.names = fmt::format("{}", fmt::join(names, ", "));
  return one;
}

}  // namespace

std::vector<Truncation> plan_truncation(const std::vector<postgres::Table>& tables,
                                        const std::vector<postgres::ForeignKey>& keys) {
  const auto roots = roots_of(tables);
  std::vector<postgres::TableName> names;
  for (const auto& [name, root] : roots) names.push_back(name);
  std::set<postgres::TableName> referred;
  std::vector<postgres::ForeignKey> inner;
  for (const auto& key : keys) {
    if (roots.contains(key.to)) referred.insert(key.to);
    if (roots.contains(key.to) && roots.contains(key.from)) inner.push_back(key);
  }
  std::vector<Truncation> plan;
  for (const auto& component : referencing_first(names, inner)) {
    const auto& first = roots.at(component.front());
    if (component.size() > 1 || !first.partitioned || referred.contains(component.front())) {
      plan.push_back(whole_tables(component, roots, inner));
      continue;
    }
    for (const auto& leaf : first.leaves) plan.push_back({{leaf}, {}, {leaf}, only(leaf)});
  }
  return plan;
}

Result<std::vector<TableSize>> sizes(postgres::Connection& connection, const std::vector<postgres::TableName>& tables,
                                     Deadline deadline) {
  const auto named = name_arrays(tables);
  TRY_ASSIGN(const postgres::Rows rows, connection.query(R"sql(
      SELECT n.nspname, c.relname, pg_catalog.pg_total_relation_size(c.oid) AS all,
             pg_catalog.pg_relation_size(c.oid)
               + COALESCE(pg_catalog.pg_relation_size(NULLIF(c.reltoastrelid, 0)), 0) AS held
        FROM unnest($1::text[]::name[], $2::text[]::name[]) AS wanted(schema, name)
        JOIN pg_catalog.pg_namespace n ON n.nspname = wanted.schema
        JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = wanted.name)sql",
                                                         {named.schemas, named.names}, deadline));
  std::vector<TableSize> found;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    found.push_back({{rows.text(row, "nspname"), rows.text(row, "relname")},
                     {rows.number(row, "all")},
                     rows.number(row, "held") == 0});
  }
  return found;
}

}  // namespace pgcleave::fence
