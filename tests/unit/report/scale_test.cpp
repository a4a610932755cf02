#include "report/charts/scale.h"

#include <catch2/catch.hpp>

namespace pgcleave::report {

TEST_CASE("an axis is divided by round numbers") {
  CHECK(round_numbers(0, 43, 4) == std::vector<double>{0, 20, 40});
  CHECK(round_numbers(-12, 30, 4) == std::vector<double>{0, 20});
  CHECK(round_numbers(0, 1, 5) == std::vector<double>{0, 0.2, 0.4, 0.6000000000000001, 0.8, 1});
  CHECK(round_up(2187) == 2500);
  CHECK(round_up(0) == 1);
}

TEST_CASE("an axis of any length has an end") {
  CHECK(round_numbers(-1e18, 1e300, 4).size() <= 1000);
  CHECK(time_ticks(9e18, 9e18 + 1, 4).size() <= 1000);
}

TEST_CASE("on a long axis time is divided by minutes and hours") {
  const auto ticks = time_ticks(0, 3'000'000, 5);
  REQUIRE(ticks.size() == 6);
  CHECK(ticks[0].label == "0");
  CHECK(ticks[1].label == "10 min");
  CHECK(time_ticks(0, 45, 4)[1].label == "20 ms");
}

TEST_CASE("a logarithmic axis gives each decade the same room and holds what is zero") {
  const LogScale scale(2, 5000, 0, 400);
  CHECK(scale.at(1) == Approx(0));
  CHECK(scale.at(10) == Approx(100));
  CHECK(scale.at(10'000) == Approx(400));
  CHECK(scale.at(0) == Approx(0));
  CHECK(scale.ticks().size() == 5);
  CHECK(scale.ticks()[3].label == "1 s");
}

TEST_CASE("a night in which nothing happens takes no room, and its break is told") {
  const double night = 8 * 3'600'000.0;
  const BrokenScale scale({{0, 10'000}, {night, night + 10'000}}, 0, 226);
  REQUIRE(scale.breaks().size() == 1);
  CHECK(scale.at(0) == Approx(0));
  CHECK(scale.at(10'000) == Approx(100));
  CHECK(scale.at(night) == Approx(126));
  CHECK(scale.at(night + 10'000) == Approx(226));
  CHECK(scale.breaks()[0].x == Approx(113));
  CHECK(scale.at(night / 2) == Approx(113));
}

TEST_CASE("a short gap is time like any other") {
  const BrokenScale scale({{0, 5000}, {5800, 10'000}}, 0, 100);
  CHECK(scale.breaks().empty());
  CHECK(scale.at(5000) == Approx(50));
}

TEST_CASE("a scale over nothing, or over an instant, divides by nothing") {
  CHECK(BrokenScale({}, 0, 100).at(0) == Approx(0));
  CHECK(BrokenScale({{7, 7}}, 0, 100).at(7) == Approx(0));
}

}  // namespace pgcleave::report
