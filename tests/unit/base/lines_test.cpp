#include "base/lines.h"

#include <catch2/catch.hpp>

#include "base/error.h"

using namespace pgcleave;

namespace {

const Error error{ErrorKind::not_ready, "environment lab", "is not\nready", "", "", "correct this", ""};

}  // namespace

TEST_CASE("the lines of an error's text stay lines, and are indented") {
  CHECK(printable_lines(error.text() + "; nothing was changed") ==
        "environment lab: is not\\nready\n  correct this; nothing was changed");
  CHECK(printable_lines("a\n      b\n\tc") == "a\n  b\n  c");
  CHECK(printable_lines("a \x1b[2J\nb\x07") == "a \\x1b[2J\n  b\\x07");
  CHECK(printable_lines("") == "");
}

TEST_CASE("a text of several lines fits into one for a table") {
  CHECK(one_line(error.text()) == "environment lab: is not\\nready; correct this");
  CHECK(one_line("connection failed\n\tIs the server running?\x1b") ==
        "connection failed; Is the server running?\\x1b");
  CHECK(one_line("a") == "a");
}
