#include <catch2/catch.hpp>

#include "engine/window_hooks.h"

namespace pgcleave::engine {
namespace {

Json an_outage() {
  return {{"why", ""}, {"outage_ms", 61.25}, {"through", "bouncer-2"}, {"errors", 0}, {"wrong_side", 0}};
}

}  // namespace

TEST_CASE("what clients saw is said with all that was wrong with it") {
  CHECK(what_clients_saw(Json()).empty());
  CHECK(what_clients_saw({{"why", "no pool has a `probe`"}}) ==
        "what clients saw was not measured: no pool has a `probe`");
  auto bad = an_outage();
  bad["mean_outage_ms"] = 52.04;
  bad["errors"] = 2;
  bad["at_least"] = true;
  bad["wrong_side"] = 3;
  bad["bouncers"] = {{{"name", "bouncer-1"}, {"first_error", ""}}, {{"name", "bouncer-2"}, {"first_error", "refused"}}};
  CHECK(what_clients_saw(bad) ==
        "a client saw at least 61.2 ms of outage (through bouncer-2); all clients on average 52.0 ms; 2 errors, the "
        "first through "
        "bouncer-2: refused; "
        "3 WRITES WERE TAKEN BY THE WRONG SIDE");
}

TEST_CASE("of errors that no bouncer tells the first of, only the number is said") {
  auto bad = an_outage();
  bad["errors"] = 2;
  bad["bouncers"] = {{{"name", "bouncer-1"}, {"first_error", ""}}};
  CHECK(what_clients_saw(bad) == "a client saw 61.2 ms of outage (through bouncer-2); 2 errors");
}

}  // namespace pgcleave::engine
