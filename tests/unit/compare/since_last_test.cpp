// What nobody has written since it was found the same is not read, and whatever somebody has done to a row is found.
#include "compare/table_before.h"
#include "kept_comparison.h"

namespace pgcleave::compare::test {
namespace {

// A table of 3,000 rows in ten blocks, which was found the same.
struct Compared : KeptComparison {
  Compared() {
    fill("t", 3000);
    first();
  }
  void first() {
    const auto result = compare_one("t");
    CHECK(in_words(result) == "");
    CHECK(result.rows == 3000);
    REQUIRE(kept("compared_before") == 1);
    CHECK(kept("jobs") == 0);
    static_cast<void>(blocks_read());
  }
  TableResult since(const std::string& table = "t") {
    request.since_last = true;
    request.keeping->id = "v-2";
    auto result = compare_one(table);
    request.since_last = false;
    read = blocks_read().size();
    return result;
  }
  void bend_by(const std::string& sql) { run(copy, "SET session_replication_role = replica; " + sql); }
  void change_kept(const std::string& path, const std::string& value) {
    run(original, fmt::format("UPDATE pgcleave.compared_before SET state = jsonb_set(state::jsonb, '{}', '{}')::json",
                              path, value));
  }

  std::size_t read = 0;  // blocks, the last time
};

}  // namespace

TEST_CASE("what nobody has written since is not read, and counts as compared") {
  Compared sides;
  for (int n = 0; n < 2; ++n) {
    const auto result = sides.since();
    CHECK(in_words(result) == "");
    CHECK(sides.read == 0);
    CHECK(result.blocks > 9);
    CHECK(result.unchanged == result.blocks);
    CHECK(result.rows == 3000);
    CHECK(result.since == (n == 0 ? "v-1" : "v-2"));
    CHECK(result.why_whole == "");
  }
}

TEST_CASE("whatever somebody does to a row of the copy is found, and little is read for it") {
  Compared sides;
  const auto found = [&](const std::string& sql, const std::string& expected) {
    INFO(sql);
    sides.bend_by(sql);
    const auto result = sides.since();
    CHECK(in_words(result) == expected);
    CHECK(result.unchanged > 7);
    CHECK(sides.kept("compared_before") == 1);
  };
  SECTION("changed") {
    found("UPDATE cmp.t SET note = 'x' WHERE id = 1500", "changed id 1500 (note)");
  }
  SECTION("deleted") {
    found("DELETE FROM cmp.t WHERE id = 1", "missing id 1");
  }
  SECTION("inserted behind all") {
    found("INSERT INTO cmp.t VALUES (4000, 'x')", "extra id 4000");
  }
  SECTION("inserted before all") {
    found("INSERT INTO cmp.t VALUES (0, 'x')", "extra id 0");
  }
  SECTION("moved within its block") {
    found("UPDATE cmp.t SET id = 0 WHERE id = 7", "extra id 0, missing id 7");
  }
  SECTION("moved to another block") {
    found("UPDATE cmp.t SET id = 0 WHERE id = 2900", "extra id 0, missing id 2900");
  }
  SECTION("one for another") {
    found("DELETE FROM cmp.t WHERE id = 20; INSERT INTO cmp.t VALUES (20, 'x')", "changed id 20 (note)");
  }
}

TEST_CASE("rows that both sides lost are told apart, also where as many are left") {
  Compared sides;
  run(sides.original, "DELETE FROM cmp.t WHERE id = 50");
  sides.bend_by("DELETE FROM cmp.t WHERE id = 60");
  CHECK(in_words(sides.since()) == "extra id 50, missing id 60");
}

TEST_CASE("a row that a transaction wrote before, and committed after the block was read, is found") {
  Compared sides;
  auto writer = ci_server().connect();
  run(writer, "BEGIN");
  run(writer, "UPDATE cmp.t SET note = 'x' WHERE id = 50");
  auto later = ci_server().connect();
  for (int n = 0; n < 5; ++n) run(later, "SELECT pg_current_xact_id()");
  sides.first();
  run(writer, "COMMIT");
  CHECK(in_words(sides.since()) == "changed id 50 (note)");
}

TEST_CASE("what was written alike on both sides is read, and nothing else") {
  Compared sides;
  sides.both("UPDATE cmp.t SET note = 'new' WHERE id = 1500; DELETE FROM cmp.t WHERE id = 2000");
  auto result = sides.since();
  CHECK(in_words(result) == "");
  CHECK(sides.read == 2);
  CHECK(result.unchanged == result.blocks - 2);
  result = sides.since();
  CHECK(sides.read == 0);
  CHECK(result.rows == 2999);
}

TEST_CASE("a table that has grown is read in blocks like others, where it has grown") {
  Compared sides;
  sides.both("INSERT INTO cmp.t SELECT g, 'new' FROM generate_series(3001, 6000) g");
  run(sides.copy, "UPDATE cmp.t SET note = 'x' WHERE id = 5900");
  auto result = sides.since();
  CHECK(in_words(result) == "changed id 5900 (note)");
  CHECK(result.rows == 6000);
  CHECK(result.unchanged >= 10);
  CHECK(sides.read > 10);
  sides.both("UPDATE cmp.t SET note = 'x' WHERE id = 5900; UPDATE cmp.t SET id = 100000 + id * 10 WHERE id < 6000");
  CHECK(in_words(sides.compare_one("t")) == "");
  sides.both("INSERT INTO cmp.t SELECT g, 'new' FROM generate_series(120011, 121999) g WHERE g % 10 <> 0");
  run(sides.copy, "DELETE FROM cmp.t WHERE id = 120555");
  static_cast<void>(sides.blocks_read());
  result = sides.since();
  CHECK(in_words(result) == "missing id 120555");
  CHECK(result.unchanged > 15);
  CHECK(result.rows > 7000);
}

TEST_CASE("where most has been written it is walked anew") {
  Compared sides;
  sides.both("INSERT INTO cmp.t SELECT g, 'new' FROM generate_series(3001, 12000) g");
  CHECK(in_words(sides.compare_one("t")) == "");
  sides.both("UPDATE cmp.t SET note = 'newer'");
  run(sides.copy, "UPDATE cmp.t SET note = 'x' WHERE id = 11900");
  const auto result = sides.since();
  CHECK(in_words(result) == "changed id 11900 (note)");
  CHECK(result.rows == 12000);
  CHECK(result.unchanged == 0);
}

TEST_CASE("what changes values that nobody writes has the table read whole, with the reason") {
  Compared sides;
  const auto whole = [&](const std::string& reason, const std::string& expected) {
    const auto result = sides.since();
    CHECK(in_words(result) == expected);
    CHECK(result.unchanged == 0);
    INFO(result.why_whole);
    CHECK(result.why_whole.find(reason) != std::string::npos);
  };
  SECTION("a column in the place of another") {
    run(sides.original, "ALTER TABLE cmp.t ADD more text DEFAULT 'a'");
    run(sides.copy, "ALTER TABLE cmp.t ADD more text DEFAULT 'a'");
    CHECK(in_words(sides.compare_one("t")) == "");
    run(sides.copy, "ALTER TABLE cmp.t DROP more; ALTER TABLE cmp.t ADD more text DEFAULT 'b'");
    run(sides.copy, "DELETE FROM cmp.t WHERE id > 1");
    run(sides.original, "DELETE FROM cmp.t WHERE id > 1");
    whole("its definition or its file has changed since v-1", "changed id 1 (more)");
  }
  SECTION("another file") {
    run(sides.copy, "TRUNCATE cmp.t");
    run(sides.original, "DELETE FROM cmp.t WHERE id > 1");
    whole("its definition or its file has changed since v-1", "missing id 1");
  }
  SECTION("another server") {
    sides.change_kept("{copy,server}", "\"target ci, system 7, database 5, timeline 1\"");
    whole("v-1 proves nothing any more: it was made of another server or timeline: target ci, system 7", "");
  }
  SECTION("too many transactions") {
    sides.change_kept("{original,xid}", "-1100000000");
    whole("too many transactions were begun since", "");
  }
  SECTION("a server that has gone back") {
    sides.change_kept("{copy,position}", "\"FFFF/0\"");
    whole("has gone back to an earlier state", "");
  }
  SECTION("nothing that can be read") {
    sides.change_kept("{blocks,3}", "7");
    whole("no comparison that found the same rows is kept", "");
  }
}

TEST_CASE("labels of an enum, and names of objects, are values that nobody writes") {
  Compared sides;
  sides.both(
      "CREATE TYPE cmp.mood AS ENUM ('sad', 'glad'); CREATE TABLE cmp.e (id int PRIMARY KEY, mood cmp.mood); INSERT "
      "INTO cmp.e VALUES (1, 'sad'); CREATE TABLE cmp.r (id int PRIMARY KEY, what regtype); INSERT INTO cmp.r VALUES "
      "(1, 'int')");
  CHECK(in_words(sides.compare_one("e")) == "");
  CHECK(sides.since("e").unchanged == 2);
  run(sides.copy, "ALTER TYPE cmp.mood RENAME VALUE 'sad' TO 'blue'");
  CHECK(in_words(sides.since("e")) == "changed id 1 (mood)");
  CHECK(in_words(sides.compare_one("r")) == "");
  const auto result = sides.since("r");
  CHECK(result.unchanged == 0);
  CHECK(result.why_whole == "no comparison that found the same rows is kept");
}

TEST_CASE("a table without a key is known as a whole, or read as a whole") {
  Compared sides;
  sides.both("CREATE TABLE cmp.n (n int); INSERT INTO cmp.n SELECT g FROM generate_series(1, 500) g");
  CHECK(in_words(sides.compare_one("n")) == "");
  auto result = sides.since("n");
  CHECK(result.unchanged == 1);
  CHECK(result.rows == 500);
  sides.bend_by("DELETE FROM cmp.n WHERE n = 7; INSERT INTO cmp.n VALUES (8)");
  result = sides.since("n");
  CHECK(in_words(result) == "missing (7), changed (8) ()");
  CHECK(result.unchanged == 0);
}

TEST_CASE("only a table whose rows are the same is a ground for the next comparison") {
  KeptComparison sides;
  sides.fill("t", 3000);
  sides.bend(7);
  CHECK(in_words(sides.compare_one("t")) == "changed id 7 (note)");
  CHECK(sides.kept("compared_before") == 0);
  sides.both("UPDATE cmp.t SET note = 'row 7' WHERE id = 7");
  sides.request.longest = 1ms;
  CHECK_FALSE(sides.compare({"t"}).ended);
  CHECK(sides.kept("compared_before") == 0);
  sides.resume();
  sides.request.longest = {};
  CHECK(in_words(sides.compare({}).tables.at(0)) == "");
  sides.request.keeping->resume = false;
  sides.request.keeping.reset();
  run(sides.original, "DELETE FROM pgcleave.compared_before");
  CHECK(in_words(sides.compare_one("t")) == "");
  CHECK(sides.kept("compared_before") == 0);
  sides.request.since_last = true;
  const auto result = sides.compare_one("t");
  CHECK(result.rows == 3000);
  CHECK(result.why_whole == "no comparison that found the same rows is kept");
}

TEST_CASE("what is kept of a table's blocks is read as it was written, and a gap is no ground") {
  const Block first{std::nullopt, "[\"7\"]"};
  const Block last{"[\"7\"]", std::nullopt};
  CHECK(chain_of({{last, 2}, {first, 7}}).at(0).rows == 7);
  CHECK(chain_of({{last, 2}}).empty());
  CHECK(chain_of({{first, 7}}).empty());
  CHECK(chain_of({}).empty());
  TableBefore table{"v-1", 5, {{"a", 7, 9, {16}}, {"b", 8, 9, {17}}}, "form", {{first, 7}, {last, -1}}};
  const auto again = table_before_in(table.json());
  REQUIRE(again.blocks.size() == 2);
  CHECK(again.blocks.at(0).rows == 7);
  CHECK(again.blocks.at(0).block.to == "[\"7\"]");
  CHECK(again.blocks.at(1).rows == -1);
  CHECK(again.horizons.copy.server == "b");
  CHECK(again.horizons.copy.xid == 8);
  CHECK(again.form == "form");
  CHECK(table_before_in(Json::array()).blocks.empty());
}

}  // namespace pgcleave::compare::test
