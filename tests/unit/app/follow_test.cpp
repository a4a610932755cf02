#include "app/follow.h"

#include <catch2/catch.hpp>

using namespace pgcleave;

TEST_CASE("where both routes are fixed addresses there is nothing to follow, and what to write is said") {
  config::Environment environment;
  environment.path = "lab.yml";
  environment.source.route = {"10.0.0.1", 5432};
  environment.target.route = {"10.0.1.1", 5432};
  const auto refused = app::can_follow(environment);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::invalid);
  CHECK(refused.error().text().find("write route: leader") != std::string::npos);
  environment.target.route = {"", 0, true};
  CHECK(app::can_follow(environment));
}

TEST_CASE("what a look found is told the same way each time") {
  const app::Followed seen{"source main", "10.0.0.1:5432", {"bouncer-1 from 10.0.0.2:5432"}, {}};
  CHECK(seen.json() == Json{{"serves", "source main"},
                            {"route", "10.0.0.1:5432"},
                            {"repointed", {"bouncer-1 from 10.0.0.2:5432"}},
                            {"left", Json::array()}});
  auto later = seen;
  CHECK(later == seen);
  later.repointed.clear();
  CHECK_FALSE(later == seen);
}
