// Every row is in one block, and a difference is found wherever it lies.
#include "two_copies.h"

namespace pgcleave::compare::test {
namespace {

// 100 rows, so that blocks of 7 have a rest.
void fill(TwoCopies& sides) {
  sides.both(
      "CREATE TABLE cmp.t (id int PRIMARY KEY, note text); INSERT INTO cmp.t SELECT g * 10, 'row ' || g FROM "
      "generate_series(1, 100) g");
  sides.request.first_rows = 7;
  sides.request.most_rows = 7;
}

}  // namespace

TEST_CASE("each row of a table that stands still is read in one block and in no other") {
  TwoCopies sides;
  fill(sides);
  const auto result = sides.compare_one("t");
  CHECK(result.rows == 100);
  CHECK(result.blocks > 14);
  CHECK(result.read_again == 0);
  CHECK(result.equal());
}

TEST_CASE("a row that differs is found wherever it lies, and alone") {
  TwoCopies sides;
  fill(sides);
  for (int id = 10; id <= 1000; id += 110) {
    run(sides.copy, fmt::format("UPDATE cmp.t SET note = 'bent' WHERE id = {}", id));
    CHECK(in_words(sides.compare_one("t")) == fmt::format("changed id {} (note)", id));
    run(sides.copy, fmt::format("UPDATE cmp.t SET note = 'row {}' WHERE id = {}", id / 10, id));
  }
}

TEST_CASE("rows that only one side has are found before, between and behind the other's") {
  TwoCopies sides;
  fill(sides);
  for (const auto id : {-5, 10, 15, 70, 75, 995, 1000, 2000}) {
    const bool there = id > 0 && id % 10 == 0 && id <= 1000;
    run(sides.copy, there ? fmt::format("DELETE FROM cmp.t WHERE id = {}", id)
                          : fmt::format("INSERT INTO cmp.t VALUES ({}, 'stray')", id));
    CHECK(in_words(sides.compare_one("t")) == fmt::format("{} id {}", there ? "missing" : "extra", id));
    run(sides.copy, there ? fmt::format("INSERT INTO cmp.t VALUES ({}, 'row {}')", id, id / 10)
                          : fmt::format("DELETE FROM cmp.t WHERE id = {}", id));
  }
}

TEST_CASE("one row of many thousands is found by halving its block") {
  TwoCopies sides;
  sides.both(
      "CREATE TABLE cmp.t (id int PRIMARY KEY, n int8); INSERT INTO cmp.t SELECT g, g FROM generate_series(1, 30000) "
      "g; "
      "ANALYZE cmp.t");
  sides.request.first_rows = 20'000;
  run(sides.copy, "UPDATE cmp.t SET n = n + 4294967296 WHERE id = 12345; DELETE FROM cmp.t WHERE id IN (1, 30000)");
  const auto result = sides.compare_one("t");
  CHECK(in_words(result) == "missing id 1, changed id 12345 (n), missing id 30000");
  CHECK(result.read_again == 2);
}

TEST_CASE("an empty side differs by every row of the other, and no more than may be named are") {
  TwoCopies sides;
  fill(sides);
  run(sides.copy, "TRUNCATE cmp.t");
  CHECK(sides.compare_one("t").differences.size() == 100);
  sides.request.most_named = 20;
  auto result = sides.compare_one("t");
  CHECK(result.differences.size() == 20);
  CHECK(result.more);
  std::swap(sides.request.original, sides.request.copy);
  sides.request.most_named = 1000;
  result = sides.compare_one("t");
  CHECK(result.differences.size() == 100);
  CHECK(result.differences.front().kind == Kind::extra);
  sides.both("TRUNCATE cmp.t");
  CHECK(sides.compare_one("t").equal());
}

TEST_CASE("keys of several columns, of texts and times, make blocks too") {
  TwoCopies sides;
  sides.both(
      "CREATE TABLE cmp.t (who text, at timestamptz, part uuid, n int, PRIMARY KEY (who, at, part)); "
      "INSERT INTO cmp.t SELECT chr(65 + g % 5) || '''\\', timestamptz '2026-01-01' + g % 7 * interval '1 us', "
      "md5(g::text)::uuid, g FROM generate_series(1, 210) g");
  sides.request.first_rows = 9;
  sides.request.most_rows = 9;
  auto result = sides.compare_one("t");
  CHECK(result.equal());
  CHECK(result.rows == 210);
  run(sides.copy, "DELETE FROM cmp.t WHERE n IN (3, 77); UPDATE cmp.t SET at = at + interval '1 h' WHERE n = 100");
  result = sides.compare_one("t");
  CHECK(result.differences.size() == 4);  // two are missing, and one has another key
  for (const auto& difference : result.differences) run(sides.copy, difference.repair);
  CHECK(sides.compare_one("t").equal());
}

TEST_CASE("what can't be compared by its key is said, and no difference is made up") {
  TwoCopies sides;
  sides.both(
      "CREATE TABLE cmp.keyless (a int); CREATE TYPE cmp.mood AS ENUM ('a', 'b'); CREATE TABLE cmp.by_enum (m cmp.mood "
      "PRIMARY KEY); CREATE TABLE cmp.parts (id int) PARTITION BY RANGE (id)");
  run(sides.original, "CREATE TABLE cmp.alone (id int PRIMARY KEY)");
  run(sides.copy, "CREATE TABLE cmp.there (id int PRIMARY KEY); CREATE TABLE cmp.types (id int8 PRIMARY KEY)");
  run(sides.original, "CREATE TABLE cmp.types (id int PRIMARY KEY)");
  const auto outcome = sides.compare({"keyless", "by_enum", "parts", "alone", "there", "types", "nowhere"});
  std::vector<std::string> why;
  for (const auto& table : outcome.tables) why.push_back(table.not_compared);
  CHECK(why == std::vector<std::string>{"it has no key by which its rows could be told apart",
                                        "its key column m is cmp.mood, which two servers may sort differently",
                                        "it is no table that holds rows of its own on both sides",
                                        "it is on source main only", "it is on target ci only",
                                        "its key column id is integer on source main and bigint on target ci",
                                        "it is on neither side"});
  CHECK(outcome.not_compared() == 7);
  CHECK(outcome.differing_tables() == 0);
}

TEST_CASE("a text key is not compared in blocks where the two servers sort it by other collations") {
  TwoCopies sides;
  run(sides.original, "CREATE TABLE cmp.t (id text COLLATE \"C\" PRIMARY KEY)");
  run(sides.copy,
      "CREATE COLLATION cmp.sorted (provider = icu, locale = 'de'); CREATE TABLE cmp.t (id text COLLATE "
      "cmp.sorted PRIMARY KEY)");
  CHECK(sides.compare_one("t").not_compared.starts_with(
      "its key column id is sorted by 'c C' on source main and by 'i de "));
}

TEST_CASE("rows that come in pairs do not cancel each other out") {
  TwoCopies sides;
  sides.both("CREATE TABLE cmp.t (id int, note text)");
  run(sides.original, "INSERT INTO cmp.t VALUES (1, 'a'), (1, 'a'), (2, 'b')");
  run(sides.copy, "INSERT INTO cmp.t VALUES (1, 'c'), (1, 'c'), (2, 'b')");
  auto pair = Pair::open(sides.request.original, sides.request.copy, soon());
  REQUIRE(pair);
  const auto shape = read_shape(pair->original(), {"cmp", "t"}, soon());
  REQUIRE(shape);
  auto table = compared({"cmp", "t"}, *shape, *shape, sides.request.labels);
  table.key = {"none", {{"id", "integer"}}};
  BlockReader reader(*pair, table, 1);
  const auto digests = reader.digests({}, soon());
  REQUIRE(digests);
  CHECK(digests->original.rows == digests->copy.rows);
  CHECK(digests->original != digests->copy);
}

TEST_CASE("a table with a policy is not read through it") {
  TwoCopies sides;
  fill(sides);
  sides.both(
      "ALTER TABLE cmp.t ENABLE ROW LEVEL SECURITY; CREATE POLICY half ON cmp.t USING (id < 500); "
      "DROP ROLE IF EXISTS reader; CREATE ROLE reader LOGIN; GRANT USAGE ON SCHEMA cmp TO reader; GRANT SELECT ON "
      "cmp.t TO reader");
  sides.request.copy = [](Deadline deadline) {
    return postgres::Connection::open(ci_server().settings("reader"), deadline);
  };
  sides.request.tables = {{"cmp", "t"}};
  const auto outcome = compare_tables(sides.request);
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().text().find("row-level security") != std::string::npos);
  sides.both("DROP OWNED BY reader; DROP ROLE reader");
}

}  // namespace pgcleave::compare::test
