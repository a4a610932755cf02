#include "base/units.h"

#include <catch2/catch.hpp>

using namespace pgcleave;
using namespace std::chrono_literals;

TEST_CASE("durations are read in every unit that a runbook may use") {
  CHECK(parse_duration("500us").value() == 500us);
  CHECK(parse_duration("250ms").value() == 250ms);
  CHECK(parse_duration("5s").value() == 5s);
  CHECK(parse_duration("15m").value() == 15min);
  CHECK(parse_duration("2h").value() == 2h);
  CHECK(parse_duration("0s").value() == 0s);
}

TEST_CASE("what is no duration is refused with the accepted forms") {
  for (const std::string text : {"", "5", "s", "-5s", "+5s", "1.5s", "5 s", " 5s", "5S", "5sec", "0x5s", "5s5",
                                 "9223372036854775807h", "99999999999999999999s", "2562047789h"}) {
    INFO(text);
    const auto parsed = parse_duration(text);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().kind == ErrorKind::invalid);
    CHECK(parsed.error().what == "'" + text + "' is not a duration");
    CHECK(parsed.error().expected.find("250ms") != std::string::npos);
  }
}

TEST_CASE("sizes are read in every unit that a runbook may use") {
  CHECK(parse_bytes("512B").value().count == 512);
  CHECK(parse_bytes("1KiB").value().count == 1024);
  CHECK(parse_bytes("16MiB").value().count == 16 * 1024 * 1024);
  CHECK(parse_bytes("1GiB").value().count == 1'073'741'824);
  CHECK(parse_bytes("8TiB").value().count == 8'796'093'022'208);
  CHECK(parse_bytes("9223372036854775807B").value().count == 9'223'372'036'854'775'807);
}

TEST_CASE("sizes that mean different things to different people are refused") {
  for (const std::string text : {"", "1", "1KB", "1M", "1mib", "-1B", "1.5MiB", "8388608TiB", "9223372036854775808B"}) {
    INFO(text);
    CHECK_FALSE(parse_bytes(text));
  }
}

TEST_CASE("a duration is written so that a person reads it at a glance") {
  CHECK(to_text(Duration(0)) == "0us");
  CHECK(to_text(Duration(999)) == "999us");
  CHECK(to_text(Duration(12'340)) == "12.3ms");
  CHECK(to_text(Duration(4s)) == "4s");
  CHECK(to_text(Duration(90s)) == "90s");
  CHECK(to_text(Duration(150s)) == "2.5m");
  CHECK(to_text(Duration(3h)) == "3h");
}

TEST_CASE("what is just below a unit is not rounded up to a thousand of the smaller one") {
  CHECK(to_text(Duration(999'960)) == "1s");
  CHECK(to_text(Duration(999'949)) == "999.9ms");
  CHECK(to_text(Bytes{(1LL << 20) - 1}) == "1MiB");
  CHECK(to_text(Bytes{1'048'500}) == "1023.9KiB");
}

TEST_CASE("a size is written so that a person reads it at a glance") {
  CHECK(to_text(Bytes{0}) == "0B");
  CHECK(to_text(Bytes{1023}) == "1023B");
  CHECK(to_text(Bytes{1536}) == "1.5KiB");
  CHECK(to_text(Bytes{1'572'864}) == "1.5MiB");
  CHECK(to_text(Bytes{5LL << 50}) == "5120TiB");
}

TEST_CASE("milliseconds keep their microseconds") {
  CHECK(milliseconds(Duration(1)) == 0.001);
  CHECK(milliseconds(Duration(1'234'567)) == 1234.567);
}
