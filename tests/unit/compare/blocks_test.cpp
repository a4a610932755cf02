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

TEST_CASE("what is not reached in the time that is given is said, and what was found until then") {
  TwoCopies sides;
  fill(sides);
  sides.both("CREATE TABLE cmp.later (id int PRIMARY KEY)");
  run(sides.copy, "UPDATE cmp.t SET note = 'bent' WHERE id IN (20, 900)");
  sides.request.longest = 300ms;
  sides.request.tell = [](const Progress&) { Monotonic::sleep_for(400ms); };
  const auto outcome = sides.compare({"t", "later"});
  const auto& t = outcome.tables.at(0);
  CHECK(in_words(t) == "the time of 300ms was over: only up to id 70, changed id 20 (note)");
  CHECK(t.rows == 7);
  CHECK(in_words(outcome.tables.at(1)) == "the time of 300ms was over");
  CHECK(outcome.differing_tables() == 1);
  CHECK(outcome.not_compared() == 2);
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

TEST_CASE("what can't be compared is said, and no difference is made up") {
  TwoCopies sides;
  sides.both(
      "CREATE TABLE cmp.parts (id int) PARTITION BY RANGE (id); CREATE UNLOGGED TABLE cmp.fleeting (id int PRIMARY "
      "KEY)");
  run(sides.original, "CREATE TABLE cmp.alone (id int PRIMARY KEY)");
  run(sides.copy, "CREATE TABLE cmp.there (id int PRIMARY KEY)");
  const auto outcome = sides.compare({"parts", "alone", "there", "nowhere", "fleeting"});
  std::vector<std::string> why;
  for (const auto& table : outcome.tables) why.push_back(table.not_compared);
  CHECK(why == std::vector<std::string>{"it is no table that holds rows of its own on both sides",
                                        "it is on source main only", "it is on target ci only", "it is on neither side",
                                        "it is unlogged: nothing carries its rows"});
  CHECK(outcome.not_compared() == 5);
  CHECK(outcome.differing_tables() == 0);
}

TEST_CASE("a table whose key the two servers may not sort alike is compared as a whole") {
  TwoCopies sides;
  run(sides.original,
      "CREATE TYPE cmp.mood AS ENUM ('a', 'b', 'c'); CREATE TABLE cmp.by_text (id text COLLATE \"C\" "
      "PRIMARY KEY, n int); CREATE TABLE cmp.by_number (id int PRIMARY KEY, n int)");
  run(sides.copy,
      "CREATE TYPE cmp.mood AS ENUM ('c', 'b', 'a'); CREATE COLLATION cmp.sorted (provider = icu, locale = "
      "'de'); CREATE TABLE cmp.by_text (id text COLLATE cmp.sorted PRIMARY KEY, n int); CREATE TABLE "
      "cmp.by_number (id int8 PRIMARY KEY, n int)");
  sides.both(
      "CREATE TABLE cmp.by_enum (m cmp.mood, g int, n int, PRIMARY KEY (m, g)); INSERT INTO cmp.by_enum SELECT m, "
      "g, 0 FROM unnest('{a,b,c}'::cmp.mood[]) m, generate_series(1, 400) g; INSERT INTO cmp.by_text SELECT g || "
      "'-Ä', 0 FROM generate_series(1, 2000) g; INSERT INTO cmp.by_number SELECT g, 0 FROM generate_series(1, 9) g");
  for (const auto& table : sides.compare({"by_enum", "by_text"}).tables) {
    CHECK(in_words(table) == "");
    CHECK(table.blocks == 1);
  }
  run(sides.copy,
      "UPDATE cmp.by_enum SET n = 1 WHERE m = 'b' AND g = 17; DELETE FROM cmp.by_text WHERE id = '5-Ä'; "
      "UPDATE cmp.by_text SET id = 'ä' WHERE id = '9-Ä'; UPDATE cmp.by_number SET n = 4 WHERE id = 4");
  const auto outcome = sides.compare({"by_enum", "by_text", "by_number"});
  CHECK(in_words(outcome.tables.at(0)) == "changed (m, g) (b, 17) (n)");
  CHECK(in_words(outcome.tables.at(1)) == "missing id 5-Ä, missing id 9-Ä, extra id ä");
  CHECK(in_words(outcome.tables.at(2)) ==
        "changed id 4 (n), column id is integer on source main and bigint on target ci");
  for (const auto& difference : outcome.tables.at(0).differences) run(sides.copy, difference.repair);
  CHECK(in_words(sides.compare_one("by_enum")) == "");
}

TEST_CASE("rows without a key are compared by how many there are of each") {
  TwoCopies sides;
  sides.both(
      "CREATE TABLE cmp.t (a int, b text, password text); INSERT INTO cmp.t SELECT g % 500, 'x', 'hush' FROM "
      "generate_series(1, 3000) g; INSERT INTO cmp.t VALUES (NULL, NULL, NULL)");
  CHECK(in_words(sides.compare_one("t")) == "");
  run(sides.copy,
      "DELETE FROM cmp.t WHERE ctid = (SELECT min(ctid) FROM cmp.t WHERE a = 7); UPDATE cmp.t SET b = 'y' "
      "WHERE a = 9; INSERT INTO cmp.t VALUES (1000, 'z', 'new')");
  const auto result = sides.compare_one("t");
  CHECK(in_words(result) ==
        "extra (1000, z, (not shown)), changed (7, x, (not shown)) (), missing (9, x, (not shown)), extra (9, y, (not "
        "shown))");
  CHECK(result.differences.at(1).repair == "-- 6 such rows, and 5 on the copy");
  const auto kept = to_text(result.json(false));
  CHECK(kept.find("1000") == std::string::npos);
  CHECK(to_text(result.json(true)).find("hush") == std::string::npos);
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
