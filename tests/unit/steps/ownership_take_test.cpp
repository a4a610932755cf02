#include "cut_line.h"
#include "fence/ownership.h"
#include "two_sides.h"

namespace pgcleave::steps::test {
using namespace pgcleave::world;
namespace {

using pgcleave::fence::Owner;
using pgcleave::postgres::test::ci_server;
using pgcleave::postgres::test::main_server;
using pgcleave::postgres::test::run;
using pgcleave::postgres::test::soon;

// Both sides fenced, and owned by nobody: as a window is before ownership is taken.
struct Released {
  Released() {
    for (auto* side : {&source, &target}) {
      run(*side, "DROP SCHEMA IF EXISTS pgcleave CASCADE");
      REQUIRE(fence::install(*side, {"ci", "main", "ci"}, soon()));
      REQUIRE(fence::pass_ownership(*side, "ci", Owner::source, Owner::nobody, "a run", 1, soon()));
    }
  }
  Result<Json> take() { return sides.apply("ownership.take", {{"on", "target"}}, std::chrono::seconds(5)); }
  std::optional<Owner> owner_on_target() { return fence::owner(target, "ci", soon()).value(); }

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
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client "
      "backend'");
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
  REQUIRE(fence::pass_ownership(window.source, "ci", Owner::nobody, Owner::source, "a run", 1, soon()));
  const auto refused = window.take();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::conflict);
  CHECK(window.owner_on_target() == Owner::nobody);
}

TEST_CASE("a source that can't be asked, or only answers with errors, keeps nobody from taking ownership") {
  {
    Released window;
    TwoSides alone(postgres::test::free_port(), ci_server().port());
    CHECK(alone.apply("ownership.take", {{"on", "target"}}, std::chrono::seconds(5)));
    CHECK(window.owner_on_target() == Owner::target);
  }
  Released window;
  auto maintenance = main_server().connect();
  run(window.source, "ALTER ROLE postgres SET lock_timeout TO '10ms'");
  run(maintenance, "BEGIN");
  run(maintenance, "DROP SEQUENCE pgcleave.owner_ci");
  const auto taken = window.take();
  CHECK((taken ? "" : taken.error().text()) == "");
  CHECK(window.owner_on_target() == Owner::target);
  run(maintenance, "ROLLBACK");
  run(window.source, "ALTER ROLE postgres RESET lock_timeout");
}

TEST_CASE("ownership is taken in the end although a session is lost at any request") {
  const Json on_target{{"on", "target"}};
  at_each_request(ci_server(), [&](CutLine& line) {
    Released window;
    TwoSides sides(main_server().port(), line.port());
    const auto seen = sides.observe("ownership.take", on_target);
    CHECK(seen.has_value() != line.was_cut());
    const auto taken = sides.apply("ownership.take", on_target, std::chrono::seconds(5));
    line.fix();
    if (seen) CHECK(taken.has_value() != line.was_cut());
    REQUIRE(sides.apply("ownership.take", on_target, std::chrono::seconds(5)));
    CHECK(window.owner_on_target() == Owner::target);
    CHECK(sides.observe("ownership.take", on_target)->state == State::done);
  });
  at_each_request(main_server(), [&](CutLine& line) {
    Released window;
    TwoSides sides(line.port(), ci_server().port());
    CHECK(sides.apply("ownership.take", on_target, std::chrono::seconds(5)));
    CHECK(window.owner_on_target() == Owner::target);
  });
}

}  // namespace pgcleave::steps::test
