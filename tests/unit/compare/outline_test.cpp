// Blocks whose ends come from a sample hold each row once, whatever the sample is.
#include "compare/outline.h"

#include <algorithm>
#include <numeric>

#include "two_copies.h"

namespace pgcleave::compare::test {
namespace {

constexpr std::int64_t all_rows = 40'000;

// More pages than a sample is worth, of few rows each. The names are those of the statement that takes the sample.
struct Sampled {
  Sampled() {
    sides.both(
        "CREATE TABLE cmp.t (place int, key text COLLATE \"C\", sampled text, PRIMARY KEY (place, key)) WITH "
        "(fillfactor = "
        "10); INSERT INTO cmp.t SELECT g / 7, md5(g::text), repeat('x', 60) FROM generate_series(1, 40000) g; ANALYZE "
        "cmp.t");
    const auto shape = read_shape(sides.original, {"cmp", "t"}, soon());
    REQUIRE(shape);
    table = compared({"cmp", "t"}, *shape, *shape, sides.request.labels);
    REQUIRE(table.leaf.blocks > 2000);
    walk = walk_by_outline(table.leaf, table.key);
  }
  [[nodiscard]] std::int64_t rows_in(const std::string& predicate) {
    const auto rows = sides.original.query("SELECT count(*) AS n FROM cmp.t AS row WHERE " + predicate, {}, soon());
    REQUIRE(rows);
    return rows->number(0, "n");
  }
  // The blocks from there on: how many rows each has.
  [[nodiscard]] std::vector<std::int64_t> walked(std::optional<std::string> cursor, std::int64_t size) {
    std::vector<std::int64_t> blocks;
    while (true) {
      const auto range = walk->next(sides.original, cursor, size, soon());
      INFO((range ? "" : range.error().text()));
      REQUIRE(range);
      if (!*range) return blocks;
      blocks.push_back(rows_in((*range)->predicate));
      cursor = (*range)->end;
    }
  }

  TwoCopies sides;
  ComparedTable table;
  std::unique_ptr<data::Walk> walk;
};

std::int64_t sum(const std::vector<std::int64_t>& blocks) {
  return std::accumulate(blocks.begin(), blocks.end(), std::int64_t{0});
}

}  // namespace

TEST_CASE("blocks from a sample hold each row once, and about as many as they should") {
  Sampled it;
  const auto blocks = it.walked(std::nullopt, 10'000);
  CHECK(sum(blocks) == all_rows);
  CHECK(blocks.size() >= 3);
  CHECK(blocks.size() <= 9);  // 8,000 to 12,000 rows by a sample of 50 pages, and a rest
  CHECK(*std::max_element(blocks.begin(), blocks.end()) < 20'000);
}

TEST_CASE("a walk by a sample goes on where another one was left, and takes small blocks row by row") {
  Sampled it;
  const auto first = it.walk->next(it.sides.original, std::nullopt, 10'000, soon());
  REQUIRE(first);
  const auto done = it.rows_in((*first)->predicate);
  SECTION("by another walk") {
    it.walk = walk_by_outline(it.table.leaf, it.table.key);
    CHECK(sum(it.walked((*first)->end, 10'000)) == all_rows - done);
  }
  SECTION("in small blocks") {
    const auto second = it.walk->next(it.sides.original, (*first)->end, 100, soon());
    REQUIRE(second);
    CHECK(it.rows_in((*second)->predicate) == 100);
    CHECK(sum(it.walked((*second)->end, 10'000)) == all_rows - done - 100);
  }
  SECTION("at a key that it never told") {
    for (int n = 0; n < 5; ++n) CHECK(sum(it.walked(R"(["3000", ""])", 10'000)) == all_rows - 21'000 + 1);
  }
  SECTION("behind the last key that the sample had, where rows were added") {
    run(it.sides.original, "INSERT INTO cmp.t SELECT 1000000, g::text, '' FROM generate_series(1, 10000) g");
    CHECK(sum(it.walked((*first)->end, 10'000)) == all_rows - done + 10'000);
  }
}

TEST_CASE("rows that lie anywhere by their key are compared in few blocks, and the one that differs is found") {
  TwoCopies sides;
  sides.both(
      "CREATE TABLE cmp.t (id uuid PRIMARY KEY, n int) WITH (fillfactor = 10); INSERT INTO cmp.t SELECT "
      "md5(g::text)::uuid, g FROM generate_series(1, 30000) g; ANALYZE cmp.t");
  const auto equal = sides.compare_one("t");
  CHECK(equal.rows == 30'000);
  CHECK(equal.blocks <= 4);
  CHECK(equal.equal());
  run(sides.copy, "UPDATE cmp.t SET n = -1 WHERE n = 17");
  CHECK(in_words(sides.compare_one("t")) == "changed id 70efdf2e-c9b0-8607-9795-c442636b55fb (n)");
}

}  // namespace pgcleave::compare::test
