#include "watch/query_times.h"

#include <catch2/catch.hpp>

using namespace pgcleave::watch;

TEST_CASE("query times are those of the calls since the last look") {
  QueryTimer timer;
  CHECK_FALSE(timer.since_last({{"a", 1000, 90'000}, {"b", 10, 1}}));
  // 94 calls of 1 ms, 6 of 50 ms.
  const auto times = timer.since_last({{"a", 1094, 90'094}, {"b", 16, 301}});
  REQUIRE(times);
  CHECK(times->mean_ms == Approx(3.94));
  CHECK(times->p95_ms == Approx(50));
  CHECK_FALSE(timer.since_last({{"a", 1094, 90'094}, {"b", 16, 301}}));
}

TEST_CASE("a statement that is new or was reset counts from nothing") {
  QueryTimer timer;
  CHECK_FALSE(timer.since_last({{"a", 1000, 90'000}}));
  const auto times = timer.since_last({{"a", 10, 20}, {"new", 10, 40}});
  REQUIRE(times);
  CHECK(times->mean_ms == Approx(3));
  CHECK(times->p95_ms == Approx(4));
}
