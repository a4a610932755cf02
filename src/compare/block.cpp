#include "compare/block.h"

#include <algorithm>

#include "base/format.h"
#include "base/json.h"
#include "data/walk.h"

namespace pgcleave::compare {
namespace {

Digest digest_in(const postgres::Rows& rows) {
  return {rows.number(0, "n"), rows.text(0, "sum")};
}

Versions versions_in(const postgres::Rows& rows) {
  Versions versions;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const Version seen{rows.text(row, "hash"), rows.text(row, "xmin"), 1};
    const auto [place, is_new] = versions.emplace(rows.text(row, "key"), seen);
    if (is_new) continue;
    auto& first = place->second;
    ++first.rows;
    first.hash = std::min(first.hash, seen.hash) + " " + std::max(first.hash, seen.hash);
    first.xmin = std::min(first.xmin, seen.xmin) + " " + std::max(first.xmin, seen.xmin);
  }
  return versions;
}

}  // namespace

Result<Both<Digest>> BlockReader::digests(const Block& block, Deadline deadline) {
  TRY_ASSIGN(const auto where, data::key_range_sql(table_.leaf, table_.key, block.after, block.to));
  TRY_ASSIGN(const auto answers,
             pair_.ask(fmt::format("SELECT pg_catalog.count(*) AS n, COALESCE(pg_catalog.sum({}), 0) AS sum "
                                   "FROM ONLY {} AS row WHERE {}",
                                   row_hash_sql(table_.columns, seed_), table_.name.sql(), where),
                       deadline));
  return Both<Digest>{digest_in(answers.original), digest_in(answers.copy)};
}

std::string BlockReader::rows_sql(const std::string& from, const std::string& where) const {
  return fmt::format("SELECT {} AS key, {} AS hash, row.xmin FROM {} WHERE {}", key_text_sql(table_.key),
                     row_hash_sql(table_.columns, seed_), from, where);
}

Result<Both<Versions>> BlockReader::rows(const Block& block, Deadline deadline) {
  TRY_ASSIGN(const auto where, data::key_range_sql(table_.leaf, table_.key, block.after, block.to));
  TRY_ASSIGN(const auto answers,
             pair_.ask(rows_sql(fmt::format("ONLY {} AS row", table_.name.sql()), where), deadline));
  return Both<Versions>{versions_in(answers.original), versions_in(answers.copy)};
}

Result<Versions> BlockReader::rows_of(postgres::Connection& server, const std::vector<std::string>& keys,
                                      Deadline deadline) {
  if (keys.empty()) return Versions();
  TRY_ASSIGN(const auto from, rows_of_keys_sql(table_, keys));
  TRY_ASSIGN(const auto rows, server.simple(rows_sql(from, "true"), deadline));
  return versions_in(rows);
}

Result<std::string> rows_of_keys_sql(const ComparedTable& table, const std::vector<std::string>& keys) {
  std::vector<std::string> lines;
  std::vector<std::string> names;
  std::vector<std::string> equal;
  const auto& columns = table.key.columns;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    names.push_back(fmt::format("k{}", i));
    equal.push_back(fmt::format("row.{} = wanted.k{}", postgres::quote_identifier(columns[i].name), i));
  }
  for (const auto& key : keys) {
    const auto values = Json::parse(key, nullptr, false);
    std::vector<std::string> line;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (!values.is_array() || values.size() != columns.size() || !values[i].is_string())
        return fail({ErrorKind::failed, "table " + table.name.sql(), "the key of a row can't be read", "",
                     printable(key), "", ""});
      line.push_back(postgres::quote_literal(values[i].get<std::string>()) + "::" + columns[i].type);
    }
    lines.push_back(fmt::format("({})", fmt::join(line, ", ")));
  }
  return fmt::format("(SELECT DISTINCT * FROM (VALUES {}) AS all_wanted({})) AS wanted JOIN ONLY {} AS row ON {}",
                     fmt::join(lines, ", "), fmt::join(names, ", "), table.name.sql(), fmt::join(equal, " AND "));
}

}  // namespace pgcleave::compare
