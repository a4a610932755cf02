#include <catch2/catch.hpp>
#include <limits>

#include "postgres/sequences.h"

using namespace pgcleave;
using namespace pgcleave::postgres;

namespace {

const TableName sequence_name{"app", "s"};

Sequence ascending(std::int64_t last, bool is_called = true) {
  return {sequence_name, last, is_called, 1, 1, std::numeric_limits<std::int64_t>::max(), 1, false, false};
}

Sequence descending(std::int64_t last) {
  return {sequence_name, last, true, -1, std::numeric_limits<std::int64_t>::min(), -1, 1, false, false};
}

Sequence smallint(std::int64_t last, bool cycles = false) {
  return {sequence_name, last, true, 1, 1, 32767, 1, cycles, false};
}

Bump one(const Sequence& from, const Sequence& to, std::int64_t gap) {
  const auto all = bumps({from}, {to}, gap);
  REQUIRE(all);
  REQUIRE(all->size() == 1);
  return all->front();
}

}  // namespace

TEST_CASE("a sequence continues where the other side stopped") {
  CHECK(one(ascending(500), ascending(100), 0).value == 500);
  CHECK(one(ascending(500), ascending(100), 0).is_called);
  CHECK(one(ascending(500), ascending(100), 1000).value == 1500);
  CHECK(one(descending(-500), descending(-100), 1000).value == -1500);
}

TEST_CASE("a sequence that was never called stays so") {
  const auto bump = one(ascending(1, false), ascending(1, false), 0);
  CHECK(bump.value == 1);
  CHECK_FALSE(bump.is_called);
  // 5 not called comes after 4 called, and before 5 called.
  CHECK_FALSE(one(ascending(5, false), ascending(4), 0).is_called);
  CHECK(one(ascending(5, false), ascending(5), 0).is_called);
}

TEST_CASE("a sequence never goes backwards, whichever way it counts") {
  CHECK(one(ascending(100), ascending(500), 0).value == 500);
  CHECK(one(descending(-100), descending(-500), 0).value == -500);
}

TEST_CASE("bumping again after a bump changes nothing") {
  const auto first = one(ascending(500), ascending(100), 50);
  CHECK(one(ascending(500), ascending(first.value), 50).value == first.value);
  CHECK(one(smallint(32760, true), smallint(one(smallint(32760, true), smallint(1, true), 10).value, true), 10).value ==
        3);
}

TEST_CASE("the gap counts increments, not values") {
  auto from = ascending(100);
  auto to = ascending(7);
  from.increment = to.increment = 10;
  from.cache = 20;
  CHECK(one(from, to, 5).value == 150);
}

TEST_CASE("of a gap that doesn't fit before the end half of what is left is taken, again and again the same") {
  CHECK(one(smallint(32766), smallint(1), 1).value == 32767);
  CHECK(one(smallint(32766), smallint(1), 2).value == 32766);
  CHECK(one(smallint(32000), smallint(1), 1000).value == 32383);
  CHECK(one(smallint(32000), smallint(32383), 1000).value == 32383);
  CHECK(one(smallint(32767), smallint(1), 1000).value == 32767);
  const auto most = std::numeric_limits<std::int64_t>::max();
  CHECK(one(ascending(most - 10), ascending(1), 1000).value == most - 5);
  CHECK(one(descending(std::numeric_limits<std::int64_t>::min() + 10), descending(-1), 1000).value ==
        std::numeric_limits<std::int64_t>::min() + 5);
  auto tens = ascending(70);
  tens.increment = 10;
  tens.maximum = 105;
  CHECK(one(tens, tens, 4).value == 80);
}

TEST_CASE("an exhausted sequence is carried over as it is") {
  CHECK(one(smallint(32767), smallint(1), 0).value == 32767);
}

TEST_CASE("a value outside the other side's range is invalid") {
  const auto refused = bumps({ascending(40000)}, {smallint(1)}, 0);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::invalid);
  CHECK(refused.error().object == "sequence app.s");
  CHECK_FALSE(bumps({ascending(40000)}, {smallint(1)}, 1000));
}

TEST_CASE("a cycling sequence takes the other side's value, and a gap wraps round") {
  CHECK(one(smallint(10, true), smallint(500, true), 0).value == 10);
  CHECK(one(smallint(32767, true), smallint(500, true), 1).value == 1);
  CHECK(one(smallint(32766, true), smallint(500, true), 32767).value == 32766);
  Sequence down{sequence_name, 2, true, -3, 0, 10, 1, true, false};  // 10 7 4 1, then 10 again
  CHECK(one(down, down, 0).value == 2);
  CHECK(one(down, down, 1).value == 10);
  CHECK(one(down, down, 5).value == 10);
}

TEST_CASE("a missing sequence, a different increment and a negative gap are invalid") {
  CHECK_FALSE(bumps({ascending(1)}, {}, 0));
  auto other = ascending(1);
  other.increment = 2;
  CHECK_FALSE(bumps({ascending(1)}, {other}, 0));
  CHECK_FALSE(bumps({ascending(1)}, {ascending(1)}, -1));
}
