// What is judged while clients write and the copy is behind. The link is the test's own: it knows each write and its
// position, and carries it over when the copy is waited for.
#include "compare/settle.h"

#include <cstdint>
#include <deque>
#include <functional>

#include "postgres/wal.h"
#include "two_copies.h"

namespace pgcleave::compare::test {
namespace {

struct HandMade : TwoCopies {
  HandMade() {
    both("CREATE TABLE cmp.t (id int PRIMARY KEY, n int); INSERT INTO cmp.t SELECT g, 0 FROM generate_series(1, 20) g");
    request.following = {[this](postgres::Connection& asked, Deadline deadline) -> Result<Lsn> {
                           TRY_ASSIGN(const auto position, postgres::current_lsn(asked, deadline));
                           ++positions;
                           if (!after_position.empty()) {
                             const auto act = after_position.front();
                             after_position.pop_front();
                             act();
                           }
                           return position;
                         },
                         [this](postgres::Connection&, Deadline deadline) -> Result<Reached> {
                           TRY_ASSIGN(const auto now, postgres::current_lsn(original, deadline));
                           return Reached{now, now};
                         },
                         "the test's link"};
  }
  // On the original, and on its way to the copy.
  void write(const std::string& sql) {
    run(original, sql);
    under_way.push_back(sql);
  }
  void carry_over(std::size_t writes) {
    for (; writes > 0 && !under_way.empty(); --writes) {
      run(copy, under_way.front());
      under_way.pop_front();
    }
  }

  std::deque<std::string> under_way;
  std::deque<std::function<void()>> after_position;
  int positions = 0;
};

}  // namespace

TEST_CASE("a write that is on its way is no difference") {
  HandMade sides;
  sides.write("UPDATE cmp.t SET n = 1 WHERE id = 3");
  sides.after_position = {[] {}, [&] { sides.carry_over(1); }};  // the first was noted before all blocks
  const auto result = sides.compare_one("t");
  CHECK(in_words(result) == "");
  CHECK(result.read_again == 1);
  CHECK(sides.positions == 2);
}

TEST_CASE("a row that is written between the position and the next look is not judged by it") {
  HandMade sides;
  sides.write("UPDATE cmp.t SET n = 1 WHERE id = 3");
  const auto write_more = [&] {
    sides.write("UPDATE cmp.t SET n = n + 1 WHERE id = 3");
    sides.carry_over(1);  // what lay before the position, and no more
  };
  sides.after_position = {[] {}, write_more, write_more, write_more, [&] { sides.carry_over(9); }};
  const auto result = sides.compare_one("t");
  CHECK(in_words(result) == "");
  CHECK(result.undecided.empty());
  CHECK(sides.positions == 5);
}

TEST_CASE("a position is noted after the rows were read, so that the copy has what was read") {
  HandMade sides;
  auto pair = Pair::open(sides.request.original, sides.request.copy, soon());
  REQUIRE(pair);
  const auto shape = read_shape(pair->original(), {"cmp", "t"}, soon());
  REQUIRE(shape);
  const auto table = compared({"cmp", "t"}, *shape, *shape, sides.request.labels);
  BlockReader reader(*pair, table, 1);
  sides.write("UPDATE cmp.t SET n = 1 WHERE id = 3");
  const auto rows = reader.rows({}, soon());
  REQUIRE(rows);
  // Whoever notes no position for these rows, or one of before, is not told that they are under way.
  sides.after_position = {[&] { sides.carry_over(1); }};
  const auto settled = settle(reader, sides.request.following, suspects_in(*rows), sides.request.patience);
  REQUIRE(settled);
  CHECK(settled->different.empty());
  CHECK(settled->looks == 1);
}

TEST_CASE("a row that is written at each look is left undecided, and the table ends") {
  HandMade sides;
  run(sides.copy, "UPDATE cmp.t SET n = -1 WHERE id IN (3, 5)");
  for (int n = 0; n < 100; ++n)
    sides.after_position.push_back([&] { run(sides.original, "UPDATE cmp.t SET n = n + 1 WHERE id = 3"); });
  sides.request.patience.looks = 5;
  const auto result = sides.compare_one("t");
  CHECK(in_words(result) == "changed id 5 (n)");
  CHECK(result.undecided == std::vector<std::string>{"id 3"});
}

TEST_CASE("a row that came and went meanwhile is not extra, and one that stands there is") {
  HandMade sides;
  run(sides.copy, "INSERT INTO cmp.t VALUES (100, 1), (200, 1)");
  // 100 is written by the link each time, as if it came and went on the original; 200 stands there.
  for (int n = 0; n < 4; ++n)
    sides.after_position.push_back([&] { run(sides.copy, "UPDATE cmp.t SET n = n + 1 WHERE id = 100"); });
  sides.after_position.push_back([&] { run(sides.copy, "DELETE FROM cmp.t WHERE id = 100"); });
  CHECK(in_words(sides.compare_one("t")) == "extra id 200");
}

TEST_CASE("a row that the original got and lost while a block was read is not extra as long as the loss is under way") {
  HandMade sides;
  run(sides.copy, "INSERT INTO cmp.t VALUES (100, 1), (200, 1)");
  // Lost after the position of the first look was noted: before all blocks, for the block, for the first look.
  sides.after_position = {[] {}, [] {}, [] {}, [&] { run(sides.copy, "DELETE FROM cmp.t WHERE id = 100"); }};
  CHECK(in_words(sides.compare_one("t")) == "extra id 200");
}

TEST_CASE("a copy that does not follow is an error that says how far it is behind") {
  HandMade sides;
  run(sides.copy, "DELETE FROM cmp.t WHERE id = 4");
  sides.request.patience.with_copy = 200ms;
  sides.request.following.reached = [](postgres::Connection&, Deadline) -> Result<Reached> { return Reached{}; };
  sides.request.tables = {{"cmp", "t"}};
  const auto outcome = compare_tables(sides.request);
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().kind == ErrorKind::timed_out);
  CHECK(outcome.error().object == "the test's link");
  CHECK(outcome.error().seen.find("0/0, ") == 0);
}

TEST_CASE("a copy that is far behind is waited for as long as it comes nearer") {
  HandMade sides;
  sides.write("UPDATE cmp.t SET n = 1 WHERE id = 3");
  sides.request.patience.with_copy = 1s;
  const auto began = Monotonic::now();
  sides.request.following.reached = [&](postgres::Connection&, Deadline) -> Result<Reached> {
    sleep_until(Deadline::in(10ms), 10ms, nullptr);
    if (Monotonic::now() - began < 2500ms) {
      const auto at = static_cast<std::uint64_t>((Monotonic::now() - began) / 1ms);
      return Reached{Lsn{at}, Lsn{at}};
    }
    sides.carry_over(1);
    return Reached{Lsn{UINT64_MAX}, Lsn{UINT64_MAX}};
  };
  CHECK(in_words(sides.compare_one("t")) == "");
  CHECK(Monotonic::now() - began > 2500ms);
}

TEST_CASE("a stop ends a comparison") {
  HandMade sides;
  StopFlag stop;
  sides.request.patience.stop = &stop;
  stop.request();
  sides.request.tables = {{"cmp", "t"}};
  const auto outcome = compare_tables(sides.request);
  REQUIRE_FALSE(outcome);
}

TEST_CASE("the position behind a page's header is where the page before ends") {
  constexpr std::uint64_t page = 8192;
  constexpr std::uint64_t segment = 16 << 20;
  CHECK(end_of_records(Lsn{5 * page + 24}, page, segment).position == 5 * page);
  CHECK(end_of_records(Lsn{segment + 40}, page, segment).position == segment);
  CHECK(end_of_records(Lsn{5 * page + 40}, page, segment).position == 5 * page + 40);
  CHECK(end_of_records(Lsn{5 * page + 1000}, page, segment).position == 5 * page + 1000);
}

}  // namespace pgcleave::compare::test
