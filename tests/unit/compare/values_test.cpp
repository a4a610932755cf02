// What is the same value, and what is not.
#include "two_copies.h"

namespace pgcleave::compare::test {
namespace {

struct TypeCase {
  std::string type;
  std::string one;  // SQL
  std::string other;
};

const std::vector<TypeCase> cases{
    {"bool", "true", "false"},
    {"int2", "1", "2"},
    {"int4", "1", "NULL"},
    {"int8", "1", "4294967296"},  // their hashes are the same, for each seed
    {"int8", "-1", "-4294967297"},
    {"float4", "1.5", "1.50001"},
    {"float8", "'0'", "'-0'"},
    {"float8", "'NaN'", "'Infinity'"},
    {"numeric", "1.0", "1.00"},
    {"numeric(20,4)", "'NaN'", "0"},
    {"money", "'1.10'", "'1.11'"},
    {"text", "''", "NULL"},
    {"text", "'a '", "'a'"},
    {"text COLLATE cmp.blind", "'Ada'", "'ADA'"},
    {"varchar(20)", "'x'", "'y'"},
    {"bpchar", "'a '", "'a'"},
    {"char(4)", "'a'", "'b'"},
    {"name", "'a'", "'b'"},
    {"\"char\"", "'a'", "'b'"},
    {"bytea", "'\\x00'", "'\\x0000'"},
    {"date", "'infinity'", "'2026-01-01'"},
    {"timestamp", "'2026-01-01 00:00:00'", "'2026-01-01 00:00:00.000001'"},
    {"timestamptz", "'2026-03-29 01:30:00+00'", "'2026-03-29 01:30:00+01'"},
    {"time", "'00:00'", "'24:00'"},
    {"timetz", "'12:00+01'", "'11:00+00'"},
    {"interval", "'1 day'", "'24 hours'"},
    {"uuid", "'00000000-0000-0000-0000-000000000001'", "'00000000-0000-0000-0000-000000000002'"},
    {"inet", "'10.0.0.1/8'", "'10.0.0.1/9'"},
    {"cidr", "'10.0.0.0/8'", "'10.0.0.0/9'"},
    {"macaddr", "'08:00:2b:01:02:03'", "'08:00:2b:01:02:04'"},
    {"macaddr8", "'08:00:2b:01:02:03:04:05'", "'08:00:2b:01:02:03:04:06'"},
    {"bit(4)", "'1010'", "'1011'"},
    {"varbit", "'1'", "'10'"},
    {"json", "'{\"a\":1}'", "'{\"a\": 1}'"},
    {"jsonb", "'{\"a\": 1.0}'", "'{\"a\": 1.00}'"},
    {"xml", "'<a/>'", "'<a></a>'"},
    {"point", "'(0,0)'", "'(-0,0)'"},
    {"int4[]", "'{{1,2},{3,4}}'", "'{1,2,3,4}'"},
    {"int4[]", "'[0:1]={1,2}'", "'{1,2}'"},
    {"numeric[]", "'{1.0}'", "'{1.00}'"},
    {"text[]", "'{NULL}'", "'{\"NULL\"}'"},
    {"timestamptz[]", "'{2026-01-01 00:00+00}'", "'{2026-01-01 00:00+01}'"},
    {"int4range", "'[1,5)'", "'[1,6)'"},
    {"numrange", "'[1.0,2)'", "'[1.00,2)'"},
    {"tstzmultirange", "'{[2026-01-01 00:00+00,)}'", "'{[2026-01-01 00:00+01,)}'"},
    {"tsvector", "'a:1 b:2'", "'a:1 b:3'"},
    {"pg_lsn", "'0/1'", "'1/0'"},
    {"oid", "1", "2"},
    {"cmp.mood", "'sad'", "'glad'"},
    {"cmp.pair", "ROW(1, NULL)", "ROW(1, '')"},
    {"cmp.pair", "ROW(NULL, NULL)", "NULL"},
    {"cmp.pair[]", "ARRAY[ROW(1, 'a')::cmp.pair]", "ARRAY[ROW(1, 'b')::cmp.pair]"},
    {"cmp.percent", "1.0", "1.00"},
    {"cmp.percent[]", "'{1.0}'", "'{1.00}'"},
    {"regclass", "'pg_class'", "'pg_type'"},
};

// The labels of the enum are in another order on the copy, and have other OIDs.
void make_types(TwoCopies& sides) {
  run(sides.original, "CREATE TYPE cmp.mood AS ENUM ('sad', 'ok', 'glad')");
  run(sides.copy, "CREATE TYPE cmp.earlier AS ENUM ('x', 'y'); CREATE TYPE cmp.mood AS ENUM ('glad', 'ok', 'sad')");
  sides.both(
      "CREATE COLLATION cmp.blind (provider = icu, locale = 'und-u-ks-level2', deterministic = false); "
      "CREATE TYPE cmp.pair AS (a int, b text); CREATE DOMAIN cmp.percent AS numeric CHECK (VALUE >= 0)");
}

std::string column(std::size_t i) {
  return fmt::format("c{:02}", i);
}

std::string columns_sql() {
  std::string columns;
  for (std::size_t i = 0; i < cases.size(); ++i) columns += fmt::format(", {} {}", column(i), cases[i].type);
  return columns;
}

std::string row_sql(std::size_t id, std::size_t other) {
  std::string values;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    auto type = cases[i].type;
    type = type.substr(0, type.find(" COLLATE"));
    values += fmt::format(", ({})::{}", i == other ? cases[i].other : cases[i].one, type);
  }
  return fmt::format("INSERT INTO cmp.t VALUES ({}{})", id, values);
}

}  // namespace

TEST_CASE("a value that PostgreSQL writes as another text differs, and only in its column") {
  TwoCopies sides;
  make_types(sides);
  sides.both("SET search_path TO cmp, pg_catalog; CREATE TABLE cmp.t (id int PRIMARY KEY" + columns_sql() + ")");
  // Settings of a server change how it writes, not what it holds.
  run(sides.copy,
      "ALTER ROLE postgres SET DateStyle TO 'German'; ALTER ROLE postgres SET TimeZone TO 'Asia/Tokyo'; "
      "ALTER ROLE postgres SET extra_float_digits TO 0; ALTER ROLE postgres SET IntervalStyle TO 'sql_standard'; "
      "ALTER ROLE postgres SET bytea_output TO escape; ALTER ROLE postgres SET search_path TO cmp");
  std::string expected;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    run(sides.original, row_sql(100 + i, cases.size()));
    run(sides.copy, row_sql(100 + i, i));
    expected += fmt::format("{}changed id {} ({})", expected.empty() ? "" : ", ", 100 + i, column(i));
  }
  sides.both(row_sql(1, cases.size()));
  const auto result = sides.compare_one("t");
  CHECK(in_words(result) == expected);
  CHECK(result.rows == static_cast<std::int64_t>(cases.size()) + 1);
  for (const auto& difference : result.differences) {
    INFO(difference.repair);
    const auto repaired = sides.copy.simple(difference.repair, soon());
    CHECK((repaired ? "" : repaired.error().text()) == "");
  }
  CHECK(in_words(sides.compare_one("t")) == "");
  run(sides.copy, "ALTER ROLE postgres RESET ALL");
}

TEST_CASE("columns in another order, and those that were dropped, make no difference") {
  TwoCopies sides;
  run(sides.original, "CREATE TABLE cmp.t (id int PRIMARY KEY, gone text, a int, b text); ALTER TABLE cmp.t DROP gone");
  run(sides.copy, "CREATE TABLE cmp.t (b text, id int PRIMARY KEY, a int)");
  sides.both("INSERT INTO cmp.t (id, a, b) SELECT g, g, 'x' || g FROM generate_series(1, 50) g");
  CHECK(in_words(sides.compare_one("t")) == "");
  run(sides.copy, "UPDATE cmp.t SET b = 'other' WHERE id = 7");
  CHECK(in_words(sides.compare_one("t")) == "changed id 7 (b)");
}

TEST_CASE("columns that one side lacks are named, and the others are compared") {
  TwoCopies sides;
  run(sides.original, "CREATE TABLE cmp.t (id int PRIMARY KEY, a int, b int, c int)");
  run(sides.copy, "CREATE TABLE cmp.t (id int PRIMARY KEY, a int8, c int, d text)");
  sides.both("INSERT INTO cmp.t (id, a, c) SELECT g, g, g FROM generate_series(1, 50) g");
  run(sides.copy, "UPDATE cmp.t SET c = 0 WHERE id = 9");
  const auto result = sides.compare_one("t");
  CHECK(
      in_words(result) ==
      "changed id 9 (c), column a is integer on source main and bigint on target ci, column b is on source main only, "
      "column d is on target ci only");
  CHECK_FALSE(result.equal());
}

TEST_CASE("a generated column is compared, and not repaired") {
  TwoCopies sides;
  run(sides.original, "CREATE TABLE cmp.t (id int PRIMARY KEY, a int, twice int GENERATED ALWAYS AS (a * 2) STORED)");
  run(sides.copy, "CREATE TABLE cmp.t (id int PRIMARY KEY, a int, twice int GENERATED ALWAYS AS (a * 3) STORED)");
  sides.both("INSERT INTO cmp.t (id, a) VALUES (1, 0), (2, 5)");
  const auto result = sides.compare_one("t");
  CHECK(in_words(result) == "changed id 2 (twice)");
  CHECK(result.differences.at(0).repair == "-- column twice is generated: compare its expression on both sides");
}

TEST_CASE("a row is repaired as it was: identity, quotes, backslashes, NULL") {
  TwoCopies sides;
  sides.both(
      "CREATE TABLE cmp.\"odd \"\"table\" (\"the id\" int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, \"it's\" text, n "
      "int, twice int GENERATED ALWAYS AS (n * 2) STORED)");
  run(sides.original, "INSERT INTO cmp.\"odd \"\"table\" (\"it's\", n) VALUES ('a''b\\c', NULL), (NULL, 3), ('x', 4)");
  run(sides.copy, "INSERT INTO cmp.\"odd \"\"table\" OVERRIDING SYSTEM VALUE VALUES (3, 'y', 4), (9, 'extra', 1)");
  const auto result = sides.compare_one("odd \"table");
  CHECK(in_words(result) == "missing the id 1, missing the id 2, changed the id 3 (it's), extra the id 9");
  for (const auto& difference : result.differences) run(sides.copy, difference.repair);
  CHECK(in_words(sides.compare_one("odd \"table")) == "");
}

TEST_CASE("what a column's name calls a secret is not shown, and a long value is cut") {
  TwoCopies sides;
  sides.both("CREATE TABLE cmp.t (id int PRIMARY KEY, api_token text, body text)");
  run(sides.original, "INSERT INTO cmp.t VALUES (1, 'hush', 'x'), (2, NULL, repeat('é', 5000))");
  run(sides.copy, "INSERT INTO cmp.t VALUES (1, 'hash', 'x'), (2, NULL, repeat('é', 5001))");
  const auto result = sides.compare_one("t");
  CHECK(in_words(result) == "changed id 1 (api_token), changed id 2 (body)");
  const auto json = to_text(result.json(true));
  CHECK(json.find("hush") == std::string::npos);
  CHECK(json.find("hash") == std::string::npos);
  CHECK(result.differences.at(1).columns.at(0).original.cut);
  CHECK(result.differences.at(1).columns.at(0).original.text->size() == 4000);
  CHECK(result.differences.at(0).repair == "-- column api_token is not shown: copy the row with psql");
  CHECK(to_text(result.json(false)).find("é") == std::string::npos);
}

TEST_CASE("a table of 1,500 columns is compared by all of them") {
  TwoCopies sides;
  std::string columns;
  for (int i = 0; i < 1499; ++i) columns += fmt::format(", c{} int2", i);
  sides.both("CREATE TABLE cmp.t (id int PRIMARY KEY" + columns + "); INSERT INTO cmp.t (id) VALUES (1), (2)");
  CHECK(in_words(sides.compare_one("t")) == "");
  run(sides.copy, "UPDATE cmp.t SET c1498 = 1, c700 = 2 WHERE id = 2");
  CHECK(in_words(sides.compare_one("t")) == "changed id 2 (c700 c1498)");
}

}  // namespace pgcleave::compare::test
