#include "base/hours.h"

#include <catch2/catch.hpp>

namespace pgcleave {

TEST_CASE("hours of a day are read, also over midnight, and written as they were") {
  const auto night = parse_hours("22:00-06:30 Europe/Kyiv");
  REQUIRE(night);
  CHECK(night->contain(22 * 60));
  CHECK(night->contain(0));
  CHECK(night->contain(6 * 60 + 29));
  CHECK_FALSE(night->contain(6 * 60 + 30));
  CHECK_FALSE(night->contain(21 * 60 + 59));
  CHECK(night->text() == "22:00-06:30 Europe/Kyiv");
  const auto day = parse_hours("09:05-17:00");
  REQUIRE(day);
  CHECK(day->contain(9 * 60 + 5));
  CHECK_FALSE(day->contain(17 * 60));
  CHECK_FALSE(day->contain(0));
  CHECK(day->text() == "09:05-17:00");
  CHECK(parse_hours("00:00-12:00 Etc/GMT+3"));
}

TEST_CASE("what are no hours of a day is refused") {
  for (const auto* text : {"", "22-06", "24:00-06:00", "22:00-06:60", "22:00-22:00", "22:00 - 06:00", "22:00-06:00 'x'",
                           "22:00-06:00 Europe/Kyiv; SELECT 1", "9:00-10:00"}) {
    INFO(text);
    CHECK_FALSE(parse_hours(text));
  }
}

}  // namespace pgcleave
