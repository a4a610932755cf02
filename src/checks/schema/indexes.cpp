#include "checks/schema/indexes.h"

#include <map>
#include <set>

#include "base/format.h"

namespace pgcleave::checks {
namespace {

using postgres::quote_identifier;
using postgres::TableName;
using ByDefinition = std::map<std::string, const Index*>;

constexpr auto indexes_sql = R"sql(
  SELECT n.nspname, t.relname, x.nspname AS index_schema, c.relname AS index_name,
         pg_catalog.pg_get_indexdef(c.oid) AS definition,
         i.indisunique, i.indisvalid AND i.indisready AND i.indislive AS valid, c.relispartition,
         EXISTS (SELECT FROM pg_catalog.pg_constraint k
                  WHERE k.conindid = c.oid AND k.conrelid = t.oid) AS of_constraint
    FROM pg_catalog.pg_index i
    JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
    JOIN pg_catalog.pg_namespace x ON x.oid = c.relnamespace
    JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
   WHERE t.oid = ANY ($1::oid[])
   ORDER BY 1, 2, 4)sql";

// "CREATE UNIQUE INDEX name ON ci.builds ..." without its first word and its name.
std::string without_name(const std::string& definition, const std::string& name) {
  auto text = definition.starts_with("CREATE ") ? definition.substr(7) : definition;
  for (const auto& written : {name, quote_identifier(name)}) {
    const auto words = "INDEX " + written + " ON ";
    if (const auto at = text.find(words); at != std::string::npos) return text.replace(at, words.size(), "INDEX ON ");
  }
  return text;
}

std::string object(const Index& index, const std::string& side) {
  return fmt::format("index {} of table {} on {}", index.name, index.table.sql(), side);
}

std::string query_of(const TableName& table) {
  return fmt::format(
      "SELECT indexrelid::regclass, indisvalid, pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = "
      "{}::regclass",
      postgres::quote_literal(table.sql()));
}

std::string sql_name(const Index& index) {
  return TableName{index.table.schema, index.name}.sql();
}

Finding invalid(const Index& index, const std::string& side) {
  const auto fix =
      fmt::format("REINDEX INDEX CONCURRENTLY {}, or DROP INDEX CONCURRENTLY {}", sql_name(index), sql_name(index));
  if (!index.unique) {
    return {"schema.invalid_index",
            Severity::warning,
            object(index, side),
            "it is invalid: " + index.definition,
            query_of(index.table),
            "no query uses it, and every write still pays for it",
            fix};
  }
  return {"schema.invalid_unique_index",
          Severity::blocker,
          object(index, side),
          "it is invalid: " + index.definition,
          query_of(index.table),
          "rows may break the key that it should keep: a copy of the table would stop at them",
          "find the rows that are there twice and fix them, then " + fix};
}

ByDefinition by_definition(const IndexesOfSide& side) {
  ByDefinition found;
  for (const auto& index : side.indexes) {
    if (index.valid && !index.of_partition) found[index.definition] = &index;
  }
  return found;
}

// What `here` has and `there` lacks. One that has the same name on both and is another is in `differing`, to be named
// once.
void compare(const IndexesOfSide& here, const IndexesOfSide& there, Severity severity, const char* why,
             std::set<std::string>& differing, Findings& found) {
  const auto known = by_definition(there);
  std::map<std::pair<TableName, std::string>, const Index*> names;
  for (const auto& index : there.indexes) {
    names[{index.table, index.name}] = &index;
  }
  for (const auto& [definition, index] : by_definition(here)) {
    if (known.contains(definition) || !there.tables.contains(index->table)) continue;
    const auto same = names.find({index->table, index->name});
    if (same != names.end() && same->second->definition != definition) {
      if (!differing.insert(sql_name(*index)).second) continue;
      found.push_back({"schema.index_differs", Severity::warning, object(*index, there.side),
                       fmt::format("{} here, and on {} {}", same->second->definition, here.side, definition),
                       query_of(index->table), "the same statement has another plan on either side",
                       fmt::format("on {}: DROP INDEX {}, then CREATE {}", there.side, sql_name(*index), definition)});
    } else if (same == names.end()) {
      auto create = definition;
      if (const auto at = create.find("INDEX ON "); at != std::string::npos)
        create.replace(at, 9, fmt::format("INDEX CONCURRENTLY {} ON ", quote_identifier(index->name)));
      found.push_back({"schema.index_missing", severity, object(*index, there.side),
                       fmt::format("{} has it: {}", here.side, definition), query_of(index->table), why,
                       fmt::format("on {}: CREATE {}", there.side, create)});
    }
  }
}

}  // namespace

Result<IndexesOfSide> inspect_indexes(postgres::Connection& connection, const std::string& side,
                                      const std::vector<postgres::Table>& tables, Deadline deadline) {
  std::vector<std::uint32_t> oids;
  IndexesOfSide seen{side, {}, {}};
  for (const auto& table : tables) {
    oids.push_back(table.oid);
    seen.tables.insert(table.name);
  }
  TRY_ASSIGN(const auto rows, connection.query(indexes_sql, {fmt::format("{{{}}}", fmt::join(oids, ","))}, deadline));
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const TableName table{rows.text(row, "nspname"), rows.text(row, "relname")};
    seen.indexes.push_back({table, rows.text(row, "index_name"),
                            without_name(rows.text(row, "definition"), rows.text(row, "index_name")),
                            rows.boolean(row, "indisunique"), rows.boolean(row, "valid"),
                            rows.boolean(row, "of_constraint"), rows.boolean(row, "relispartition")});
  }
  return seen;
}

Findings judge_indexes(const IndexesOfSide& seen) {
  Findings found;
  std::map<std::string, const Index*> known;  // by what they index, unique or not
  for (const auto& index : seen.indexes) {
    if (!index.valid) {
      found.push_back(invalid(index, seen.side));
      continue;
    }
    if (index.of_partition) continue;
    const auto what = index.definition.starts_with("UNIQUE ") ? index.definition.substr(7) : index.definition;
    const auto [first, fresh] = known.emplace(what, &index);
    if (fresh) continue;
    auto [keep, drop] = std::pair{first->second, &index};
    if (!keep->of_constraint && (drop->of_constraint || (drop->unique && !keep->unique))) std::swap(keep, drop);
    first->second = keep;
    found.push_back(
        {"schema.duplicate_index", Severity::note, object(*drop, seen.side),
         "it is what " + keep->name + " is: " + drop->definition, query_of(drop->table),
         "every write pays twice, and a copy or a rebuild takes longer",
         drop->of_constraint ? "drop one of the two constraints" : "DROP INDEX CONCURRENTLY " + sql_name(*drop)});
  }
  return found;
}

Findings compare_indexes(const IndexesOfSide& source, const IndexesOfSide& target) {
  Findings found;
  std::set<std::string> differing;
  compare(source, target, Severity::blocker, "queries that used it read the whole table on the side that serves",
          differing, found);
  compare(target, source, Severity::warning, "after a rollback, queries that use it would read the whole table",
          differing, found);
  return found;
}

}  // namespace pgcleave::checks
