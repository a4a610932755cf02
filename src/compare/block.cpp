#include "compare/block.h"

#include <algorithm>

#include "base/format.h"
#include "base/json.h"
#include "data/walk.h"

namespace pgcleave::compare {
namespace {

constexpr std::int64_t buckets_of_a_table = 65536;

Digest digest_in(const postgres::Rows& rows) {
  return {rows.number(0, "n"), rows.text(0, "sum")};
}

Versions versions_in(const postgres::Rows& rows) {
  Versions versions;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const Version seen{rows.text(row, "hash"), rows.text(row, "xmin"), rows.number(row, "n")};
    const auto [place, is_new] = versions.emplace(rows.text(row, "key"), seen);
    if (is_new) continue;
    auto& first = place->second;
    first.rows += seen.rows;
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

Result<Both<Written>> BlockReader::written(const Block& block, const Both<Horizon>& since, Deadline deadline) {
  TRY_ASSIGN(const auto where, data::key_range_sql(table_.leaf, table_.key, block.after, block.to));
  const auto sql = [&](const Horizon& horizon) {
    return fmt::format(
        "SELECT pg_catalog.count(*) AS n, pg_catalog.count(*) FILTER (WHERE {}) AS written FROM {} "
        "WHERE {}",
        written_since_sql(horizon), whole(), where);
  };
  TRY_ASSIGN(const auto answers, pair_.ask(sql(since.original), sql(since.copy), deadline));
  const auto in = [](const postgres::Rows& rows) { return Written{rows.number(0, "n"), rows.number(0, "written")}; };
  return Both<Written>{in(answers.original), in(answers.copy)};
}

std::string BlockReader::whole() const {
  return fmt::format("ONLY {} AS row", table_.name.sql());
}

std::string BlockReader::bucket_sql() const {
  return fmt::format("({} & {})", key_hash_sql(table_, seed_), buckets_of_a_table - 1);
}

// Without a key alike rows are one line, however many they are.
std::string BlockReader::rows_sql(const std::string& from, const std::string& where) const {
  const auto key = key_text_sql(table_, seed_);
  const auto hash = row_hash_sql(table_.columns, seed_);
  if (!table_.key.columns.empty())
    return fmt::format("SELECT {} AS key, {} AS hash, row.xmin, 1 AS n FROM {} WHERE {}", key, hash, from, where);
  return fmt::format(
      "SELECT {} AS key, {} AS hash, pg_catalog.max(row.xmin::text::int8) AS xmin, pg_catalog.count(*) AS n FROM {} "
      "WHERE {} GROUP BY 1, 2",
      key, hash, from, where);
}

Result<Both<Versions>> BlockReader::rows(const Block& block, Deadline deadline) {
  TRY_ASSIGN(const auto where, data::key_range_sql(table_.leaf, table_.key, block.after, block.to));
  TRY_ASSIGN(const auto answers, pair_.ask(rows_sql(whole(), where), deadline));
  return Both<Versions>{versions_in(answers.original), versions_in(answers.copy)};
}

Result<std::map<std::int64_t, std::int64_t>> BlockReader::differing_buckets(Deadline deadline) {
  TRY_ASSIGN(const auto answers,
             pair_.ask(fmt::format("SELECT {} AS bucket, pg_catalog.count(*) AS n, pg_catalog.sum({}) AS sum FROM {} "
                                   "GROUP BY 1",
                                   bucket_sql(), row_hash_sql(table_.columns, seed_), whole()),
                       deadline));
  std::map<std::int64_t, Both<Digest>> seen;
  for (std::size_t row = 0; row < answers.original.size(); ++row)
    seen[answers.original.number(row, "bucket")].original = {answers.original.number(row, "n"),
                                                             answers.original.text(row, "sum")};
  for (std::size_t row = 0; row < answers.copy.size(); ++row)
    seen[answers.copy.number(row, "bucket")].copy = {answers.copy.number(row, "n"), answers.copy.text(row, "sum")};
  std::map<std::int64_t, std::int64_t> different;
  for (const auto& [bucket, both] : seen) {
    if (both.original != both.copy) different[bucket] = std::max(both.original.rows, both.copy.rows);
  }
  return different;
}

Result<Both<Versions>> BlockReader::rows_in(const std::vector<std::int64_t>& buckets, Deadline deadline) {
  TRY_ASSIGN(const auto answers,
             pair_.ask(rows_sql(whole(), fmt::format("{} IN ({})", bucket_sql(), fmt::join(buckets, ", "))), deadline));
  return Both<Versions>{versions_in(answers.original), versions_in(answers.copy)};
}

Result<Versions> BlockReader::rows_of(postgres::Connection& server, const std::vector<std::string>& keys,
                                      Deadline deadline) {
  if (keys.empty()) return Versions();
  TRY_ASSIGN(const auto those, rows_of_keys_sql(table_, keys, seed_));
  TRY_ASSIGN(const auto rows, server.simple(rows_sql(those.from, those.where), deadline));
  return versions_in(rows);
}

Result<FromWhere> rows_of_keys_sql(const ComparedTable& table, const std::vector<std::string>& keys,
                                   std::int64_t seed) {
  const auto& columns = table.key.columns;
  const auto expected = std::max<std::size_t>(columns.size(), 1);
  std::vector<std::string> lines;
  for (const auto& key : keys) {
    const auto values = Json::parse(key, nullptr, false);
    std::vector<std::string> line;
    for (std::size_t i = 0; i < expected; ++i) {
      if (!values.is_array() || values.size() != expected || !values[i].is_string())
        return fail({ErrorKind::failed, "table " + table.name.sql(), "the key of a row can't be read", "",
                     printable(key), "", ""});
      line.push_back(postgres::quote_literal(values[i].get<std::string>()) +
                     "::" + (columns.empty() ? "int8" : columns[i].type));
    }
    lines.push_back(fmt::format("({})", fmt::join(line, ", ")));
  }
  const auto from = fmt::format("ONLY {} AS row", table.name.sql());
  if (columns.empty())
    return FromWhere{from, fmt::format("{} IN ({})", row_hash_sql(table.columns, seed), fmt::join(lines, ", "))};
  std::vector<std::string> names;
  std::vector<std::string> equal;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    names.push_back(fmt::format("k{}", i));
    equal.push_back(fmt::format("row.{} = wanted.k{}", postgres::quote_identifier(columns[i].name), i));
  }
  return FromWhere{fmt::format("(SELECT DISTINCT * FROM (VALUES {}) AS all_wanted({})) AS wanted JOIN {} ON {}",
                               fmt::join(lines, ", "), fmt::join(names, ", "), from, fmt::join(equal, " AND ")),
                   "true"};
}

}  // namespace pgcleave::compare
