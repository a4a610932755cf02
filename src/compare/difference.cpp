#include "compare/difference.h"

#include <algorithm>
#include <array>

#include "base/format.h"

namespace pgcleave::compare {
namespace {

constexpr std::size_t longest_value = 2000;  // in signs
constexpr std::size_t longest_repair = 100'000;
constexpr std::size_t most_words = 8;
constexpr std::size_t longest_word = 40;

struct RowValues {
  std::vector<Value> values;        // by column
  std::vector<std::string> hashes;  // likewise
  std::int64_t rows = 0;
};
using RowsValues = std::map<std::string, RowValues>;

// As the types' output functions write them, which concat() calls: a cast to text takes blanks from a bpchar. One array
// of texts and one of hashes, since a result has at most 1,664 columns (PostgreSQL 15).
std::string values_sql(const ComparedTable& table, const FromWhere& those, std::int64_t seed) {
  std::vector<std::string> texts;
  std::vector<std::string> hashes;
  for (const auto& column : table.columns) {
    const auto value = "row." + postgres::quote_identifier(column.name);
    texts.push_back(
        fmt::format("CASE WHEN pg_catalog.num_nulls({0}) = 0 THEN pg_catalog.left(pg_catalog.concat({0}), {1}) END",
                    value, longest_value + 1));
    hashes.push_back(row_hash_sql({column}, 0) + "::text");
  }
  return fmt::format(
      "SELECT {} AS key, pg_catalog.to_json(ARRAY[{}]::text[])::text AS texts, "
      "pg_catalog.to_json(ARRAY[{}]::text[])::text AS hashes FROM {} WHERE {}",
      key_text_sql(table, seed), fmt::join(texts, ", "), fmt::join(hashes, ", "), those.from, those.where);
}

Value value_in(const Json& text) {
  if (!text.is_string()) return {};
  Value value{text.get<std::string>(), false};
  // Signs of UTF-8: bytes that do not continue one.
  std::size_t signs = 0;
  for (std::size_t at = 0; at < value.text->size(); ++at) {
    if ((static_cast<unsigned char>((*value.text)[at]) & 0xc0U) == 0x80) continue;
    if (++signs <= longest_value) continue;
    value.text->resize(at);
    value.cut = true;
  }
  return value;
}

RowsValues values_of_rows(const ComparedTable& table, const postgres::Rows& rows) {
  RowsValues found;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    auto& one = found[rows.text(row, "key")];
    if (++one.rows > 1) continue;
    const auto texts = Json::parse(rows.text(row, "texts"), nullptr, false);
    const auto hashes = Json::parse(rows.text(row, "hashes"), nullptr, false);
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      const bool readable = texts.is_array() && hashes.is_array() && i < texts.size() && i < hashes.size();
      one.values.push_back(readable ? value_in(texts[i]) : Value{});
      one.hashes.push_back(readable && hashes[i].is_string() ? hashes[i].get<std::string>() : "");
    }
  }
  return found;
}

std::string literal(const Column& column, const Value& value) {
  return value.text ? postgres::quote_literal(*value.text) + "::" + column.type : "NULL";
}

std::string where_sql(const ComparedTable& table, const std::string& key) {
  const auto values = Json::parse(key, nullptr, false);
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < table.key.columns.size(); ++i) {
    const auto& column = table.key.columns[i];
    parts.push_back(fmt::format("{} = {}::{}", postgres::quote_identifier(column.name),
                                postgres::quote_literal(values[i].get<std::string>()), column.type));
  }
  return fmt::format("{}", fmt::join(parts, " AND "));
}

class Repair {
 public:
  Repair(const ComparedTable& table, const std::string& key) : table_(table), key_(key) {}

  [[nodiscard]] std::string remove() const {
    if (table_.key.columns.empty())
      return "-- no key tells it from rows that are alike: delete one of them by its ctid";
    return fmt::format("DELETE FROM ONLY {} WHERE {};", table_.name.sql(), where_sql(table_, key_));
  }
  [[nodiscard]] std::string insert(const RowValues& row) {
    std::vector<std::string> names;
    std::vector<std::string> values;
    bool identity = false;
    for (std::size_t i = 0; i < table_.columns.size(); ++i) {
      const auto& column = table_.columns[i];
      if (column.generated) continue;
      identity = identity || column.identity_always;
      names.push_back(postgres::quote_identifier(column.name));
      values.push_back(written(column, row.values[i]));
    }
    return bounded(fmt::format("INSERT INTO {} ({}) {}VALUES ({});", table_.name.sql(), fmt::join(names, ", "),
                               identity ? "OVERRIDING SYSTEM VALUE " : "", fmt::join(values, ", ")));
  }
  [[nodiscard]] std::string update(const RowValues& original, const RowValues& copy) {
    std::vector<std::string> sets;
    for (std::size_t i = 0; i < table_.columns.size(); ++i) {
      const auto& column = table_.columns[i];
      if (original.hashes[i] == copy.hashes[i]) continue;
      if (column.generated) {
        why_not_ = "column " + column.name + " is generated: compare its expression on both sides";
        continue;
      }
      sets.push_back(
          fmt::format("{} = {}", postgres::quote_identifier(column.name), written(column, original.values[i])));
    }
    if (sets.empty() && why_not_.empty()) why_not_ = "its rows are the same by now";
    return bounded(fmt::format("UPDATE ONLY {} SET {} WHERE {};", table_.name.sql(), fmt::join(sets, ", "),
                               where_sql(table_, key_)));
  }

 private:
  std::string written(const Column& column, const Value& value) {
    if (may_be_secret(column.name)) why_not_ = "column " + column.name + " is not shown: copy the row with psql";
    if (value.cut) why_not_ = "column " + column.name + " is too long to be shown: copy the row with psql";
    return literal(column, value);
  }
  [[nodiscard]] std::string bounded(const std::string& sql) const {
    if (!why_not_.empty()) return "-- " + why_not_;
    return sql.size() > longest_repair ? "-- too long to be shown: copy the row with psql" : sql;
  }
  const ComparedTable& table_;
  const std::string& key_;
  std::string why_not_;
};

// "(1, x, (not shown))" of a row that no key names.
std::string row_in_words(const ComparedTable& table, const RowValues& row) {
  std::vector<std::string> words;
  for (std::size_t i = 0; i < row.values.size() && i < most_words; ++i) {
    const auto& text = row.values[i].text;
    if (may_be_secret(table.columns[i].name))
      words.emplace_back("(not shown)");
    else
      words.push_back(!text ? "NULL" : text->size() <= longest_word ? *text : text->substr(0, longest_word) + "...");
  }
  if (row.values.size() > most_words) words.emplace_back("...");
  return fmt::format("({})", fmt::join(words, ", "));
}

Difference named(const ComparedTable& table, const std::string& key, Kind kind, const RowsValues& originals,
                 const RowsValues& copies) {
  Difference difference{key_in_words(table.key, key), kind, {}, "", !table.key.columns.empty(), key};
  const auto original = originals.find(key);
  const auto copy = copies.find(key);
  const bool here = original != originals.end();
  const bool there = copy != copies.end();
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    if (here && there && original->second.hashes[i] == copy->second.hashes[i]) continue;
    const auto& name = table.columns[i].name;
    difference.columns.push_back({name, here ? original->second.values[i] : Value{},
                                  there ? copy->second.values[i] : Value{}, may_be_secret(name)});
  }
  Repair repair(table, key);
  if (!difference.has_key && (here || there))
    difference.key = row_in_words(table, here ? original->second : copy->second);
  const auto rows_here = here ? original->second.rows : 0;
  const auto rows_there = there ? copy->second.rows : 0;
  if (rows_here > 1 || rows_there > 1) {
    difference.repair = fmt::format("-- {} such rows, and {} on the copy", rows_here, rows_there);
  } else if (here && there) {
    difference.repair = repair.update(original->second, copy->second);
  } else if (here) {
    difference.repair = repair.insert(original->second);
  } else if (there) {
    difference.repair = repair.remove();
  } else {
    difference.repair = "-- it is gone on both sides by now";
  }
  return difference;
}

Json json_of(const Value& value, bool hidden) {
  if (!value.text) return nullptr;
  if (hidden) return "(not shown)";
  return *value.text + (value.cut ? "..." : "");
}

}  // namespace

Json Difference::json() const {
  auto json = json_without_values();
  json["key"] = key;
  auto& list = json["columns"] = Json::array();
  for (const auto& column : columns)
    list.push_back({{"name", column.name},
                    {"original", json_of(column.original, column.hidden)},
                    {"copy", json_of(column.copy, column.hidden)}});
  json["repair"] = repair;
  return json;
}

Json Difference::json_without_values() const {
  Json names = Json::array();
  for (const auto& column : columns) names.push_back(column.name);
  return {{"key", has_key ? key : ""}, {"kind", name_of(kind)}, {"columns", names}};
}

Result<std::vector<Difference>> name_differences(BlockReader& reader, const std::map<std::string, Kind>& different,
                                                 Deadline deadline) {
  std::vector<Difference> all;
  if (different.empty()) return all;
  std::vector<std::string> keys;
  for (const auto& [key, kind] : different) keys.push_back(key);
  const auto& table = reader.table();
  TRY_ASSIGN(const auto those, rows_of_keys_sql(table, keys, reader.seed()));
  TRY_ASSIGN(const auto answers, reader.pair().ask(values_sql(table, those, reader.seed()), deadline));
  const auto original = values_of_rows(table, answers.original);
  const auto copy = values_of_rows(table, answers.copy);
  for (const auto& [key, kind] : different) all.push_back(named(table, key, kind, original, copy));
  return all;
}

std::string key_in_words(const data::Key& key, const std::string& text) {
  const auto values = Json::parse(text, nullptr, false);
  std::vector<std::string> words;
  if (values.is_array()) {
    for (const auto& value : values) words.push_back(value.is_string() ? value.get<std::string>() : "?");
  }
  if (words.size() == 1) return fmt::format("{} {}", key.text(), words.front());
  return fmt::format("({}) ({})", key.text(), fmt::join(words, ", "));
}

bool may_be_secret(const std::string& column) {
  static const std::array<std::string, 8> words{"password", "passwd",      "passphrase", "secret",
                                                "token",    "private_key", "api_key",    "credential"};
  std::string lower = column;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  return std::any_of(words.begin(), words.end(),
                     [&](const auto& word) { return lower.find(word) != std::string::npos; });
}

}  // namespace pgcleave::compare
