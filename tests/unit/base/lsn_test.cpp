#include "base/lsn.h"

#include <catch2/catch.hpp>

using namespace pgcleave;

TEST_CASE("an LSN is read and written as PostgreSQL does") {
  CHECK(parse_lsn("16/B374D848").value().position == 0x16B374D848);
  CHECK(parse_lsn("16/b374d848").value().text() == "16/B374D848");
  CHECK(parse_lsn("0/0").value().text() == "0/0");
  CHECK(parse_lsn("00000001/00000002").value().text() == "1/2");
  CHECK(parse_lsn("FFFFFFFF/FFFFFFFF").value().position == ~0ULL);
}

TEST_CASE("what PostgreSQL's pg_lsn refuses is refused") {
  for (const std::string text : {"", "/", "0", "0/", "/0", "G/0", "0/G", "123456789/0", "0/123456789", "0/0/0", " 0/0",
                                 "0/0 ", "-1/0", "+1/0", "0x1/0", "0/-1"}) {
    INFO(text);
    const auto parsed = parse_lsn(text);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().kind == ErrorKind::invalid);
  }
}

TEST_CASE("LSNs are ordered as numbers, across the halves") {
  CHECK(parse_lsn("1/0").value() > parse_lsn("0/FFFFFFFF").value());
  CHECK(parse_lsn("A/1").value() > parse_lsn("9/1").value());
}

TEST_CASE("the distance between two LSNs is never negative") {
  const Lsn early{0x0FFFFFFF0};
  const Lsn late{0x100000010};
  CHECK(late.ahead_of(early).count == 0x20);
  CHECK(early.ahead_of(late).count == 0);
  CHECK(late.ahead_of(late).count == 0);
}
