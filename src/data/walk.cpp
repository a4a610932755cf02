#include "data/walk.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/format.h"
#include "base/json.h"

namespace pgcleave::data {
namespace {

// More than any block of 8 KiB has (MaxHeapTuplesPerPage: 291; of 32 KiB: 1169).
constexpr std::int64_t places = 2048;

std::string column_sql(const KeyColumn& column) {
  return "row." + postgres::quote_identifier(column.name);
}

Error bad_cursor(const Leaf& leaf, const std::string& cursor) {
  return {ErrorKind::invalid,
          "table " + leaf.name.sql(),
          "its job's cursor can't be read",
          "",
          printable(cursor),
          "was pgcleave.jobs changed by hand?",
          ""};
}

// ('17'::integer, 'x'::text)
Result<std::string> values_of(const Leaf& leaf, const Key& key, const std::string& cursor) {
  const auto values = Json::parse(cursor, nullptr, false);
  if (!values.is_array() || values.size() != key.columns.size()) return fail(bad_cursor(leaf, cursor));
  std::vector<std::string> out;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!values[i].is_string()) return fail(bad_cursor(leaf, cursor));
    out.push_back(postgres::quote_literal(values[i].get<std::string>()) + "::" + key.columns[i].type);
  }
  return fmt::format("({})", fmt::join(out, ", "));
}

class KeyWalk : public Walk {
 public:
  KeyWalk(const Leaf& leaf, const Key& key) : leaf_(leaf), key_(key) {}

  Result<std::optional<Range>> next(postgres::Connection& connection, const std::optional<std::string>& cursor,
                                    std::int64_t size, Deadline deadline) override {
    TRY_ASSIGN(const auto behind, key_range_sql(leaf_, key_, cursor, {}));
    Range range;
    TRY_ASSIGN(const auto full, connection.query(last_of_full_sql(behind, size), {}, deadline));
    if (!full.empty()) {
      range.size = size;
      range.end = full.text(0, "last");
    } else {
      TRY_ASSIGN(const auto rest, connection.query(last_sql(behind, size), {}, deadline));
      if (rest.number(0, "n") == 0) return std::optional<Range>{};
      range.size = rest.number(0, "n");
      range.end = rest.text(0, "last");
    }
    TRY_ASSIGN(range.predicate, key_range_sql(leaf_, key_, cursor, range.end));
    return std::optional<Range>{std::move(range)};
  }
  [[nodiscard]] std::int64_t all() const override { return leaf_.rows; }
  [[nodiscard]] std::int64_t first_size() const override { return 500; }
  [[nodiscard]] std::int64_t largest_size() const override { return 1'000'000; }

 private:
  // The last key of the next `size` rows, as a JSON array of texts; no row: there are not so many. It steps over the
  // others in the index, a tenth of what it costs to hand them on.
  [[nodiscard]] std::string last_of_full_sql(const std::string& where, std::int64_t size) const {
    return fmt::format(
        "SELECT {0} AS last FROM (SELECT {1} FROM ONLY {2} AS row WHERE {3} ORDER BY {1} OFFSET {4} LIMIT 1) AS row",
        key_text_sql(key_), key_columns_sql(key_), leaf_.name.sql(), where, size - 1);
  }

  // The same of all that is left, and how many there are.
  [[nodiscard]] std::string last_sql(const std::string& where, std::int64_t size) const {
    return fmt::format(
        "WITH walked AS (SELECT {0} FROM ONLY {1} AS row WHERE {2} ORDER BY {0} LIMIT {3}) "
        "SELECT (SELECT {4} FROM walked AS row ORDER BY {5} LIMIT 1) AS last, "
        "(SELECT pg_catalog.count(*) FROM walked) AS n",
        key_columns_sql(key_), leaf_.name.sql(), where, size, key_text_sql(key_), key_columns_sql(key_, " DESC"));
  }

  Leaf leaf_;
  Key key_;
};

class HeapWalk : public Walk {
 public:
  explicit HeapWalk(const Leaf& leaf) : leaf_(leaf), end_(leaf.blocks * places) {}

  Result<std::optional<Range>> next(postgres::Connection&, const std::optional<std::string>& cursor, std::int64_t size,
                                    Deadline) override {
    std::int64_t from = 0;
    if (cursor) {
      const auto read = std::from_chars(cursor->data(), cursor->data() + cursor->size(), from);
      if (read.ec != std::errc() || read.ptr != cursor->data() + cursor->size() || from < 0)
        return fail(bad_cursor(leaf_, *cursor));
    }
    if (from >= end_) return std::optional<Range>{};
    auto to = from + size;
    if (size >= places) to -= to % places;  // whole blocks
    to = std::min(to, end_);
    Range range;
    range.size = to - from;
    range.end = std::to_string(to);
    range.predicate = fmt::format("row.ctid >= '{}' AND row.ctid < '{}'", tid(from), tid(to));
    return std::optional<Range>{std::move(range)};
  }
  [[nodiscard]] std::int64_t all() const override { return end_; }
  [[nodiscard]] std::int64_t first_size() const override { return 8 * places; }
  [[nodiscard]] std::int64_t largest_size() const override { return 131'072 * places; }

 private:
  static std::string tid(std::int64_t place) { return fmt::format("({},{})", place / places, place % places); }

  Leaf leaf_;
  std::int64_t end_;
};

}  // namespace

std::string key_columns_sql(const Key& key, const std::string& suffix) {
  std::vector<std::string> columns;
  for (const auto& column : key.columns) columns.push_back(column_sql(column) + suffix);
  return fmt::format("{}", fmt::join(columns, ", "));
}

std::string key_text_sql(const Key& key) {
  return fmt::format("pg_catalog.json_build_array({})::text", key_columns_sql(key, "::text"));
}

std::unique_ptr<Walk> walk_by_key(const Leaf& leaf, const Key& key) {
  return std::make_unique<KeyWalk>(leaf, key);
}

Result<std::string> key_range_sql(const Leaf& leaf, const Key& key, const std::optional<std::string>& after,
                                  const std::optional<std::string>& to) {
  std::vector<std::string> bounds;
  for (const auto& [cursor, is] : {std::pair{&after, ">"}, std::pair{&to, "<="}}) {
    if (!*cursor) continue;
    TRY_ASSIGN(const auto values, values_of(leaf, key, **cursor));
    bounds.push_back(fmt::format("({}) {} {}", key_columns_sql(key), is, values));
  }
  return bounds.empty() ? "true" : fmt::format("{}", fmt::join(bounds, " AND "));
}

std::unique_ptr<Walk> walk_heap(const Leaf& leaf) {
  return std::make_unique<HeapWalk>(leaf);
}

std::string row_name_sql(const std::optional<Key>& key) {
  if (!key) return "'ctid ' || row.ctid::text";
  std::vector<std::string> parts;
  for (const auto& column : key->columns)
    parts.push_back(postgres::quote_literal(column.name + " ") + " || " + column_sql(column) + "::text");
  return fmt::format("{}", fmt::join(parts, " || ', ' || "));
}

}  // namespace pgcleave::data
