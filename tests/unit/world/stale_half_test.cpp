#include "world/stale_half.h"

#include <catch2/catch.hpp>

#include "steps/registry.h"
#include "world/link.h"

namespace pgcleave::world {
using namespace pgcleave::steps;
namespace {

// Nobody answers: what is refused is refused without asking anybody.
World world() {
  config::SideAccess source;
  source.scope = "main";
  source.patroni.members = {"http://127.0.0.1:1"};
  auto target = source;
  target.scope = "ci";
  World world{.source = Side(fence::Owner::source, source),
              .target = Side(fence::Owner::target, target),
              .fleet = pgbouncer::Fleet({}),
              .split = {.name = "ci", .moved = {}, .kept = {}}};
  return world;
}

ErrorKind refusal(const char* kind, const char* on, const char* which) {
  auto there = world();
  const Json with{{"on", on}, {"which", which}};
  Context context{there, "step", with, Deadline::in(std::chrono::seconds(2)), nullptr};
  const auto seen = find(kind)->observe(context);
  REQUIRE_FALSE(seen);
  return seen.error().kind;
}

}  // namespace

TEST_CASE("only a stale half can be emptied: what a side serves is refused before anybody is asked") {
  CHECK(refusal("tables.truncate", "source", "kept") == ErrorKind::invalid);
  CHECK(refusal("tables.truncate", "target", "moved") == ErrorKind::invalid);
  CHECK(refusal("tables.truncate", "source", "moved") != ErrorKind::invalid);
  CHECK(refusal("tables.truncate", "target", "kept") != ErrorKind::invalid);
}

TEST_CASE("the names of a split's replications are whole, so that a split whose name begins alike is not meant") {
  auto there = world();
  CHECK(link_names(there) == std::vector<std::string>{"pgcleave_ci_forward", "pgcleave_ci_reverse"});
}

}  // namespace pgcleave::world
