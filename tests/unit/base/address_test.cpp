#include "base/address.h"

#include <catch2/catch.hpp>

using namespace pgcleave;

TEST_CASE("an address of IPv6 stands in brackets, so that its port can be told apart") {
  CHECK(address_text("fd00::1", 5432) == "[fd00::1]:5432");
  CHECK(address_text("10.0.0.1", 5432) == "10.0.0.1:5432");
  CHECK(address_text("db.example", "5432") == "db.example:5432");
  CHECK(address_text("fd00::1,db.example", 5432) == "[fd00::1]:5432,db.example:5432");
  CHECK(address_text("", 6432) == "(unix socket):6432");
}
