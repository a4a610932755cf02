#include "postgres/ownership.h"
#include "two_sides.h"

namespace pgcleave::steps::test {
namespace {

using pgcleave::postgres::Owner;
using pgcleave::postgres::test::ci_server;
using pgcleave::postgres::test::main_server;
using pgcleave::postgres::test::run;
using pgcleave::postgres::test::soon;

// Both sides fenced, and owned by nobody: as a window is before ownership is taken.
struct Released {
  Released() {
    for (auto* side : {&source, &target}) {
      run(*side, "DROP SCHEMA IF EXISTS pgcleave CASCADE");
      REQUIRE(postgres::install(*side, {"ci", "main", "ci"}, soon()));
      REQUIRE(postgres::pass_ownership(*side, "ci", Owner::source, Owner::nobody, "a run", 1, soon()));
    }
  }
  Result<Json> take() { return sides.apply("ownership.take", {{"on", "target"}}, std::chrono::seconds(5)); }
  std::optional<Owner> owner_on_target() { return postgres::owner(target, "ci", soon()).value(); }

  postgres::Connection source = main_server().connect();
  postgres::Connection target = ci_server().connect();
  TwoSides sides{main_server(), ci_server()};
};

}  // namespace

TEST_CASE("ownership that nobody has is taken") {
  Released window;
  const auto taken = window.take();
  CHECK((taken ? "" : taken.error().text()) == "");
  CHECK(window.owner_on_target() == Owner::target);
}

TEST_CASE("ownership is not taken when a side is led by another than the window began with") {
  for (const bool source : {true, false}) {
    Released window;
    auto& side = source ? window.sides.world.source : window.sides.world.target;
    side.expect({"another", 1, false});
    const auto refused = window.take();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().text().find("failed over in the window") != std::string::npos);
    CHECK(refused.error().text().find("another on timeline 1") != std::string::npos);
    CHECK(window.owner_on_target() == Owner::nobody);
  }
}

TEST_CASE("a leader whose session was lost and found again is the same as long as its name and timeline are") {
  Released window;
  const auto noted = window.sides.world.source.note_leadership(soon());
  REQUIRE(noted);
  CHECK(noted->member == "main-1");
  run(window.source,
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'");
  const auto taken = window.take();
  CHECK((taken ? "" : taken.error().text()) == "");

  auto later = *noted;
  --later.timeline;
  window.sides.world.source.expect(later);
  CHECK(window.sides.world.source.failover(soon()).value().find("its leader was main-1") == 0);
  later.standby = true;  // its own promotion is none
  window.sides.world.source.expect(later);
  CHECK(window.sides.world.source.failover(soon()).value().empty());
}

TEST_CASE("ownership is not taken from a side that does not know that it was released") {
  Released window;
  REQUIRE(postgres::pass_ownership(window.source, "ci", Owner::nobody, Owner::source, "a run", 1, soon()));
  const auto refused = window.take();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::foreign);
  CHECK(window.owner_on_target() == Owner::nobody);
}

}  // namespace pgcleave::steps::test
