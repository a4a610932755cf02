#include "postgres/sql/subscription_options.h"

#include <catch2/catch.hpp>

using namespace pgcleave::postgres;

TEST_CASE("a version that does not know an option of a subscription is not given it") {
  for (const int version : {0, 150000, 150018}) CHECK(options_sql({true, true}, version).empty());
  CHECK(options_sql({true, false}, 160000) == "origin = none, run_as_owner = false");
  CHECK(options_sql({false, true}, 170012) == "origin = any, run_as_owner = true");
}

TEST_CASE("a link leaves out what its publisher applied only where nothing but a link applies there") {
  CHECK(chosen_options({}, {}).local_only);
  CHECK_FALSE(chosen_options({"subscription feed"}, {}).local_only);
}

TEST_CASE("rows are applied as the subscription's owner only where row security stops a table's owner and not it") {
  CHECK_FALSE(chosen_options({}, {true, {}}).as_owner);
  CHECK_FALSE(chosen_options({}, {false, {{"ci", "builds"}}}).as_owner);
  CHECK(chosen_options({}, {true, {{"ci", "builds"}}}).as_owner);
}
