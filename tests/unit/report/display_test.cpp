#include "report/document/display.h"

#include <catch2/catch.hpp>

namespace pgcleave::report {

TEST_CASE("a duration is told with three digits and the unit that fits") {
  CHECK(duration(0.84) == "0.84 ms");
  CHECK(duration(28.71) == "28.7 ms");
  CHECK(duration(208.6) == "209 ms");
  CHECK(duration(999.6) == "1.00 s");
  CHECK(duration(7214) == "7.21 s");
  CHECK(duration(200'000) == "3 min 20 s");
  CHECK(duration(59'960) == "1 min");
  CHECK(duration(7'500'000) == "2 h 5 min");
  CHECK(duration(273'600'000) == "3 d 4 h");
  CHECK(duration(-5) == "-5.00 ms");
}

TEST_CASE("what somebody chose is told as it was chosen") {
  CHECK(chosen(5000) == "5 s");
  CHECK(chosen(1500) == "1.5 s");
  CHECK(chosen(250) == "250 ms");
  CHECK(chosen(5) == "5 ms");
  CHECK(chosen(100) == "100 ms");
}

TEST_CASE("large numbers have commas and sizes have units") {
  CHECK(count(1'234'567) == "1,234,567");
  CHECK(count(999) == "999");
  CHECK(fixed(-0.04, 1) == "0.0");
  CHECK(fixed(-1234.5, 1) == "-1,234.5");
  CHECK(bytes(840) == "840 B");
  CHECK(bytes(1584) == "1.5 KiB");
  CHECK(percent(0.0061) == "0.6 %");
  CHECK(percent(0.42) == "42 %");
  CHECK(many(1, "round") == "1 round");
  CHECK(many(3, "round") == "3 rounds");
}

TEST_CASE("times are told in UTC") {
  CHECK(utc(1'795'314'062'263'658) == "2026-11-22 02:21:02 UTC");
  CHECK(utc_clock(1'795'314'062'263'658) == "02:21:02.263");
  CHECK(utc(0) == "-");
}

}  // namespace pgcleave::report
