#include "config/side_name.h"

#include <catch2/catch.hpp>

namespace pgcleave::config {

TEST_CASE("a side is named source or target, and any other text is refused") {
  for (const auto side : {SideName::source, SideName::target}) {
    CHECK(side_named(name_of(side)).value() == side);
    CHECK(Json(name_of(side)).get<SideName>() == side);
    CHECK(other(other(side)) == side);
    CHECK(other(side) != side);
  }
  for (const auto* text : {"", "Target", "target ", "both", "<promote.side>"}) {
    INFO(text);
    const auto refused = side_named(text);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::invalid);
    CHECK(refused.error().expected == "source or target");
    CHECK_THROWS_AS(Json(text).get<SideName>(), Json::exception);
  }
  CHECK_THROWS_AS(Json(1).get<SideName>(), Json::exception);
}

}  // namespace pgcleave::config
