#include "data/version_bounds.h"

#include <algorithm>
#include <map>

#include "base/format.h"
#include "data/short_name.h"

namespace pgcleave::data {
namespace {

using postgres::quote_identifier;
using postgres::quote_literal;

using Names = std::map<std::string, std::string>;

// {table}, {into}, ... of a template become what they stand for; values are not looked at again, whatever a column is
// called.
std::string filled(const std::string& text, const Names& names) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto open = text.find('{', at);
    const auto close = text.find('}', open);
    if (close == std::string::npos) return out + text.substr(at);
    out += text.substr(at, open - at) + names.at(text.substr(open + 1, close - open - 1));
    at = close + 1;
  }
  return out;
}

template <class Of>
std::string joined(const std::vector<std::string>& group, const char* between, Of of) {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < group.size(); ++i) parts.push_back(of(group[i], i + 1));
  return fmt::format("{}", fmt::join(parts, between));
}

postgres::TableName beside(const postgres::TableName& into, const char* what) {
  return {into.schema, short_name(into.name, what)};
}

// Names that several statements have in common.
Names names_of(const VersionBounds& bounds) {
  const auto& group = bounds.group;
  const auto of = [&](const char* between, auto text) { return joined(group, between, text); };
  const auto quoted = [](const std::string& column, std::size_t) { return quote_identifier(column); };
  return {
      {"table", bounds.table.sql()},
      {"into", bounds.into.sql()},
      {"widen", beside(bounds.into, "widen").sql()},
      {"narrow", beside(bounds.into, "narrow").sql()},
      {"version", quote_identifier(bounds.version)},
      {"group", of(", ", quoted)},
      {"numbers", of(", ", [](auto&, std::size_t i) { return std::to_string(i); })},
      {"g_as",
       of(", ", [](auto& column, std::size_t i) { return fmt::format("{} AS g{}", quote_identifier(column), i); })},
      {"g", of(", ", [](auto&, std::size_t i) { return fmt::format("g{}", i); })},
      {"n_g", of(", ", [](auto&, std::size_t i) { return fmt::format("n.g{}", i); })},
      {"there", of(" AND ", [](auto& column, std::size_t) { return quote_identifier(column) + " IS NOT NULL"; })},
      {"arrays", of(", ", [](auto&, std::size_t i) { return fmt::format("groups{}", i); })},
      {"gathered",
       of(", ",
          [](auto&, std::size_t i) { return fmt::format("pg_catalog.array_agg(n.g{} ORDER BY {})", i, "n.at"); })},
      {"o_is_n", of(" AND ", [](auto&, std::size_t i) { return fmt::format("o.g{0} = n.g{0}", i); })},
      {"v_is_n", of(" AND ", [](auto& column,
                                std::size_t i) { return fmt::format("v.{} = n.g{}", quote_identifier(column), i); })},
      {"v_is_one",
       of(" AND ", [](auto& column, std::size_t) { return fmt::format("v.{0} = one.{0}", quote_identifier(column)); })},
      {"row_is_one",
       of(" AND ",
          [](auto& column, std::size_t) { return fmt::format("row.{0} = one.{0}", quote_identifier(column)); })},
  };
}

// In a literal, so that a small table that is somebody else's is known.
std::string mark_of(const VersionBounds& bounds) {
  return fmt::format("kept by pgcleave: lowest and highest {} of the rows of {} by {}", bounds.version,
                     bounds.table.sql(), fmt::join(bounds.group, ", "));
}

std::string refuse_others_sql(const VersionBounds& bounds) {
  const auto body = fmt::format(
      "BEGIN IF pg_catalog.to_regclass({0}) IS NOT NULL AND pg_catalog.obj_description(pg_catalog.to_regclass({0}), "
      "'pg_class') IS DISTINCT FROM {1} THEN RAISE EXCEPTION '% is there already, and is not: %', {0}, {1} USING "
      "ERRCODE = 'duplicate_table'; END IF; END",
      quote_literal(bounds.into.sql()), quote_literal(mark_of(bounds)));
  return fmt::format("DO {};", quote_literal(body));
}

constexpr const char* widen_sql = R"sql(
DECLARE
  {declared}
  lows {version_type}[];
  highs {version_type}[];
  locked bigint;
BEGIN
  IF TG_OP = 'INSERT' THEN
    SELECT {gathered}, pg_catalog.array_agg(n.lo ORDER BY n.at), pg_catalog.array_agg(n.hi ORDER BY n.at)
      INTO {arrays}, lows, highs
      FROM (SELECT {g_as}, pg_catalog.min({version}) AS lo, pg_catalog.max({version}) AS hi,
                   pg_catalog.row_number() OVER (ORDER BY {group}) AS at
              FROM new_rows WHERE {version} IS NOT NULL AND {there} GROUP BY {group}) n;
  ELSE
    SELECT {gathered}, pg_catalog.array_agg(n.lo ORDER BY n.at), pg_catalog.array_agg(n.hi ORDER BY n.at)
      INTO {arrays}, lows, highs
      FROM (SELECT {g_as}, pg_catalog.min({version}) AS lo, pg_catalog.max({version}) AS hi,
                   pg_catalog.row_number() OVER (ORDER BY {group}) AS at
              FROM new_rows WHERE {version} IS NOT NULL AND {there} GROUP BY {group}) n
      LEFT JOIN (SELECT {g_as}, pg_catalog.min({version}) AS lo, pg_catalog.max({version}) AS hi
                   FROM old_rows WHERE {version} IS NOT NULL AND {there} GROUP BY {group}) o ON {o_is_n}
     WHERE o.lo IS NULL OR n.lo < o.lo OR n.hi > o.hi
        OR NOT EXISTS (SELECT FROM {into} v WHERE {v_is_n} AND v.min_version <= n.lo AND v.max_version >= n.hi);
  END IF;
  IF lows IS NULL THEN RETURN NULL; END IF;
  LOOP
    INSERT INTO {into} ({group}, min_version, max_version)
    SELECT {n_g}, n.lo, n.hi FROM unnest({arrays}, lows, highs) AS n({g}, lo, hi)
     WHERE NOT EXISTS (SELECT FROM {into} v WHERE {v_is_n})
        ON CONFLICT DO NOTHING;
    IF pg_catalog.current_setting('transaction_isolation') = 'read committed' THEN
      SELECT pg_catalog.count(*) INTO locked FROM (
        SELECT FROM {into} v JOIN unnest({arrays}) AS n({g}) ON {v_is_n} ORDER BY {n_g} FOR KEY SHARE OF v) l;
    ELSE
      SELECT pg_catalog.count(*) INTO locked FROM (
        SELECT FROM {into} v JOIN unnest({arrays}) AS n({g}) ON {v_is_n} ORDER BY {n_g} FOR SHARE OF v) l;
    END IF;
    EXIT WHEN locked = pg_catalog.cardinality(lows);  -- else a group was removed in between
  END LOOP;
  UPDATE {into} v SET min_version = LEAST(v.min_version, n.lo), max_version = GREATEST(v.max_version, n.hi)
    FROM unnest({arrays}, lows, highs) AS n({g}, lo, hi)
   WHERE {v_is_n} AND (v.min_version > n.lo OR v.max_version < n.hi);
  RETURN NULL;
END)sql";

// It looks without a lock first: most groups have not changed.
constexpr const char* narrow_body = R"sql(
DECLARE
  one record;
  seen record;
BEGIN
  IF pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'it has to run in READ COMMITTED';
  END IF;
  FOR one IN SELECT * FROM {into} WHERE all_groups OR min_version < max_version LOOP
    IF NOT EXISTS (SELECT FROM {table} AS row WHERE {row_is_one} AND row.{version} = one.min_version)
       OR NOT EXISTS (SELECT FROM {table} AS row WHERE {row_is_one} AND row.{version} = one.max_version) THEN
      PERFORM FROM {into} v WHERE {v_is_one} FOR UPDATE SKIP LOCKED;
      IF FOUND THEN
        SELECT pg_catalog.min(row.{version}) AS lo, pg_catalog.max(row.{version}) AS hi INTO seen
          FROM {table} AS row WHERE {row_is_one};
        IF seen.lo IS NULL THEN
          DELETE FROM {into} v WHERE {v_is_one};
        ELSE
          UPDATE {into} v SET min_version = seen.lo, max_version = seen.hi WHERE {v_is_one};
        END IF;
      END IF;
    END IF;
    COMMIT;
  END LOOP;
END)sql";

constexpr const char* objects_sql = R"sql(
CREATE TABLE IF NOT EXISTS {into} ({columns}, min_version {version_type} NOT NULL, max_version {version_type} NOT NULL,
  PRIMARY KEY ({group})) WITH (fillfactor = 50);
COMMENT ON TABLE {into} IS {mark};
CREATE OR REPLACE FUNCTION {widen}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
  SET search_path TO pg_catalog, pg_temp AS {widen_body};
REVOKE ALL ON FUNCTION {widen}() FROM PUBLIC;
CREATE OR REPLACE PROCEDURE {narrow}(all_groups boolean DEFAULT false) LANGUAGE plpgsql AS {narrow_body};
)sql";

class Filling : public Change {
 public:
  explicit Filling(VersionBounds bounds) : bounds_(std::move(bounds)) {}

  [[nodiscard]] std::string text(const postgres::TableName&) const override {
    return fmt::format("put the lowest and highest {} of {} by {} into {}", quote_identifier(bounds_.version),
                       bounds_.table.sql(), fmt::join(bounds_.group, ", "), bounds_.into.sql());
  }
  // Triggers see to what moves or comes meanwhile.
  [[nodiscard]] bool marks_rows() const override { return false; }
  [[nodiscard]] std::vector<std::string> columns() const override { return {}; }
  [[nodiscard]] Result<void> check() const override { return {}; }
  [[nodiscard]] Result<void> check_table(const Table& table, const std::vector<std::string>&) const override {
    return bounds_.check(table);
  }
  Result<Statement> statement(postgres::Connection&, const Leaf& leaf, const std::string& range, const std::string&,
                              Deadline) override {
    auto names = names_of(bounds_);
    names.emplace("leaf", leaf.name.sql());
    names.emplace("range", range);
    const auto sql = filled(
        "WITH changed AS (INSERT INTO {into} AS v ({group}, min_version, max_version) "
        "SELECT {group}, pg_catalog.min(row.{version}), pg_catalog.max(row.{version}) FROM ONLY {leaf} AS row "
        "WHERE {range} AND {version} IS NOT NULL AND {there} GROUP BY {group} ORDER BY {group} "
        "ON CONFLICT ({group}) DO UPDATE SET min_version = LEAST(v.min_version, excluded.min_version), "
        "max_version = GREATEST(v.max_version, excluded.max_version) "
        "WHERE v.min_version > excluded.min_version OR v.max_version < excluded.max_version RETURNING 1) "
        "SELECT pg_catalog.count(*) AS changed, 0 AS still, NULL AS example FROM changed",
        names);
    return Statement{sql, sql, 0};
  }

 private:
  VersionBounds bounds_;
};

}  // namespace

Result<void> VersionBounds::check(const Table& seen) const {
  const auto wrong = [](const std::string& object, const std::string& what, const std::string& hint) {
    return fail({ErrorKind::invalid, object, what, "", "", hint, ""});
  };
  if (group.empty()) return wrong("group_by", "names no column", "name the columns of a group");
  auto columns = group;
  columns.push_back(version);
  for (const auto& name : columns) {
    const auto object = fmt::format("column {} of {}", quote_identifier(name), seen.name.sql());
    if (seen.column(name) == nullptr)
      return wrong(object, "does not exist", "write it as it is stored: case matters, no quotes");
    if (std::count(columns.begin(), columns.end(), name) > 1)
      return wrong(object, "is named twice", "name each column once, and not the version");
    if (name == "min_version" || name == "max_version")
      return wrong(object, "has the name of a column of the small table", "rename it");
  }
  return {};
}

std::string VersionBounds::install_sql(const Table& seen) const {
  auto names = names_of(*this);
  const auto& version_type = seen.column(version)->type;
  names.emplace("version_type", version_type);
  names.emplace("columns", joined(group, ", ", [&](const std::string& column, std::size_t) {
                  return fmt::format("{} {} NOT NULL", quote_identifier(column), seen.column(column)->type);
                }));
  names.emplace("declared", joined(group, "\n  ", [&](const std::string& column, std::size_t i) {
                  return fmt::format("groups{} {}[];", i, seen.column(column)->type);
                }));
  const auto bodies = std::pair(quote_literal(filled(widen_sql, names)), quote_literal(filled(narrow_body, names)));
  names.emplace("mark", quote_literal(mark_of(*this)));
  names.emplace("widen_body", bodies.first);
  names.emplace("narrow_body", bodies.second);
  std::string sql = fmt::format("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE;", table.sql());
  sql += refuse_others_sql(*this) + filled(objects_sql, names);
  auto relations = seen.parents;
  for (const auto& leaf : seen.leaves) relations.push_back(leaf.name);
  for (const auto& relation : relations) {
    sql += fmt::format(
        "CREATE OR REPLACE TRIGGER {0} AFTER INSERT ON {1} REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT "
        "EXECUTE "
        "FUNCTION {3}();\nCREATE OR REPLACE TRIGGER {2} AFTER UPDATE ON {1} REFERENCING OLD TABLE AS old_rows NEW "
        "TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION {3}();\n",
        quote_identifier(short_name(into.name, "insert")), relation.sql(),
        quote_identifier(short_name(into.name, "update")), beside(into, "widen").sql());
  }
  return sql;
}

std::string VersionBounds::remove_sql() const {
  return refuse_others_sql(*this) +
         filled(
             "DROP FUNCTION IF EXISTS {widen}() CASCADE; DROP PROCEDURE IF EXISTS {narrow}(boolean); DROP TABLE "
             "IF EXISTS {into};",
             names_of(*this));
}

// Two of each table and partition.
std::int64_t VersionBounds::triggers(const Table& seen) {
  return static_cast<std::int64_t>(2 * (seen.parents.size() + seen.leaves.size()));
}

postgres::TableName bounds_beside(const postgres::TableName& table) {
  return beside(table, "versions");
}

std::string narrow_sql(const postgres::TableName& into) {
  return fmt::format("CALL {}()", beside(into, "narrow").sql());
}

std::string VersionBounds::seen_sql() const {
  return fmt::format(
      "SELECT pg_catalog.to_regclass({0}) IS NOT NULL AS bounds, "
      "(SELECT pg_catalog.count(*) FROM pg_catalog.pg_proc p WHERE p.oid IN (pg_catalog.to_regprocedure({1}), "
      "pg_catalog.to_regprocedure({2}))) AS functions, "
      "(SELECT pg_catalog.count(*) FROM pg_catalog.pg_trigger t WHERE t.tgfoid = pg_catalog.to_regprocedure({1}) AND "
      "t.tgenabled <> 'D') AS triggers",
      quote_literal(into.sql()), quote_literal(beside(into, "widen").sql() + "()"),
      quote_literal(beside(into, "narrow").sql() + "(boolean)"));
}

std::shared_ptr<Change> VersionBounds::filling() const {
  return std::make_shared<Filling>(*this);
}

}  // namespace pgcleave::data
