#include "postgres/sql/history_text.h"

#include <catch2/catch.hpp>

using namespace pgcleave;
using namespace pgcleave::postgres;

TEST_CASE("a history tells each ancestor with where it began, and its own timeline last") {
  const auto read = read_history(3, "1\t0/3000000\tno recovery target specified\n\n2\t0/52C79C8\tbefore 2026-11-28\n");
  REQUIRE(read);
  CHECK(*read == std::vector<Timeline>{{1, Lsn{}}, {2, Lsn{0x3000000}}, {3, Lsn{0x52C79C8}}});
  CHECK(*read_history(1, "") == std::vector<Timeline>{{1, Lsn{}}});
  CHECK(*read_history(2, "# a comment\n1 0/10 written by hand\n") == std::vector<Timeline>{{1, Lsn{}}, {2, Lsn{0x10}}});
  CHECK_FALSE(read_history(2, "1\tnowhere\treason\n"));
}

TEST_CASE("a history file is named by its timeline in eight hexadecimal digits") {
  CHECK(history_file(2) == "00000002.history");
  CHECK(history_file(0xAB) == "000000AB.history");
}
