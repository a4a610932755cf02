#include "cut_line.h"
#include "fence/holder.h"
#include "fenced_split.h"

namespace pgcleave::steps::test {
using namespace pgcleave::world;
namespace {

using pgcleave::fence::Owner;
using pgcleave::postgres::test::ci_server;
using pgcleave::postgres::test::main_server;
using pgcleave::postgres::test::soon;

constexpr const char* release_kind = "ownership.release";
const Json or_fail{{"on", "source"}, {"policy", "fail"}, {"grace", "1s"}};

// The source owns, and a target that was promoted before the window has a copy that says so.
struct Copied {
  Copied() {
    name_tables(sides.world);
    begin_again();
  }
  void begin_again() {
    for (auto* side : {&source, &target}) {
      side->sql("DROP SCHEMA IF EXISTS pgcleave CASCADE");
      side->install();
      REQUIRE(fence::create_triggers(side->here, fence, moved_tables, 100ms, soon(), nullptr));
    }
    sides.world.run.epoch = 1;
    write_down(sides.world, {&source, &target});
  }
  // Returns what undo is given.
  Json release() {
    const auto seen = sides.observe(release_kind, or_fail);
    REQUIRE(problem(seen) == "");
    REQUIRE(problem(sides.apply(release_kind, or_fail, 5s, seen->before)) == "");
    REQUIRE(source.owner() == Owner::nobody);
    return seen->before;
  }
  std::vector<std::optional<Owner>> owners() { return {source.owner(), target.owner()}; }

  SplitDatabase source{main_server()};
  SplitDatabase target{ci_server()};
  TwoSides sides{main_server(), ci_server()};
};

const std::vector<std::optional<Owner>> nobody_anywhere = {Owner::nobody, Owner::nobody};
const std::vector<std::optional<Owner>> source_again = {Owner::source, Owner::source};

}  // namespace

TEST_CASE("a release and its undo reach the copy on the target too") {
  Copied it;
  const auto before = it.release();
  CHECK(before == Json{{"copy", true}});
  CHECK(it.owners() == nobody_anywhere);
  for (int times = 1; times <= 2; ++times) {
    CHECK(problem(it.sides.undo(release_kind, or_fail, before)) == "");
    CHECK(it.owners() == source_again);
  }
}

TEST_CASE(
    "a release is not undone while the target can't be asked, unless it is known that the target was never asked to "
    "take") {
  Copied it;
  const auto before = it.release();
  TwoSides cut(main_server().port(), 1);
  cut.world.run = it.sides.world.run;
  cut.world.run.knows_all = false;
  const auto undone = cut.undo(release_kind, or_fail, before, 1s);
  REQUIRE_FALSE(undone);
  CHECK(undone.error().kind == ErrorKind::unknown);
  CHECK(undone.error().text().find("ownership is not given to source main") != std::string::npos);
  CHECK(it.source.owner() == Owner::nobody);
  cut.world.run.knows_all = true;
  CHECK(problem(cut.undo(release_kind, or_fail, before, 5s)) == "");
  CHECK(it.source.owner() == Owner::source);
}

TEST_CASE("a release that arrives after it was undone is refused") {
  Copied it;
  const auto before = it.sides.observe(release_kind, or_fail)->before;
  const auto& me = it.sides.world.run;
  const int sent_under = me.epoch;
  REQUIRE(problem(it.sides.undo(release_kind, or_fail, before)) == "");
  const auto late =
      fence::pass_ownership(it.source.here, "ci", Owner::source, Owner::nobody, me.id, sent_under, soon());
  REQUIRE_FALSE(late);
  CHECK(late.error().kind == ErrorKind::conflict);
  CHECK(it.owners() == source_again);
}

TEST_CASE("ownership that the target took is not given back to the source") {
  Copied it;
  const auto before = it.release();
  it.target.set_owner(Owner::target);
  const auto refused = it.sides.undo(release_kind, or_fail, before);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::conflict);
  CHECK(refused.error().hint == "finish with: pgcleave resume");
  CHECK(it.source.owner() == Owner::nobody);
}

TEST_CASE("clients get the source back although the target can't be reached, or can't lock its copy again") {
  Copied it;
  const auto before = it.release();
  TwoSides alone(main_server().port(), postgres::test::free_port());
  CHECK(problem(alone.undo(release_kind, or_fail, before)) == "");
  CHECK(it.source.owner() == Owner::source);

  it.begin_again();
  it.release();
  it.target.sql("DROP FUNCTION pgcleave.pass_ci");
  CHECK(problem(it.sides.undo(release_kind, or_fail, before)) == "");
  CHECK(it.owners() == std::vector<std::optional<Owner>>{Owner::source, Owner::nobody});

  it.begin_again();
  it.release();
  it.target.sql("DROP SCHEMA pgcleave CASCADE");
  CHECK(problem(it.sides.undo(release_kind, or_fail, before)) == "");
  CHECK(it.owners() == std::vector<std::optional<Owner>>{Owner::source, std::nullopt});
}

TEST_CASE("ownership counts as given back only when the source has said so") {
  Copied it;
  const auto before = it.release();
  TwoSides alone(postgres::test::free_port(), ci_server().port());
  const auto undone = alone.undo(release_kind, or_fail, before);
  REQUIRE_FALSE(undone);
  CHECK(says(undone.error().text(), "main-1"));
  CHECK(it.source.owner() == Owner::nobody);
}

TEST_CASE("a release is not undone by a run that another one has replaced") {
  Copied it;
  const auto before = it.release();
  const fence::Holder other{"r-other", 9, "ops@b", "b", "/b/journal.db", "", false};
  REQUIRE(fence::hold(it.source.here, "ci", other, true, soon()));
  const auto refused = it.sides.undo(release_kind, or_fail, before);
  REQUIRE_FALSE(refused);
  CHECK((refused.error().kind == ErrorKind::held || refused.error().kind == ErrorKind::conflict));
  CHECK(says(refused.error().text(), "r-other"));
  CHECK(it.source.owner() == Owner::nobody);
}

TEST_CASE("a release that loses its session to the source at any request is completed by the next one, or undone") {
  Copied it;
  for (const bool completed : {true, false}) {
    at_each_request(main_server(), [&](CutLine& line) {
      it.begin_again();
      TwoSides sides(line.port(), ci_server().port());
      name_tables(sides.world);
      const auto prepared = sides.prepare(release_kind, or_fail);
      CHECK(prepared.has_value() != line.was_cut());
      const auto seen = sides.observe(release_kind, or_fail);
      if (prepared) CHECK(seen.has_value() != line.was_cut());
      const auto released = sides.apply(release_kind, or_fail, 5s, {{"copy", true}});
      line.fix();
      if (prepared && seen) CHECK(released.has_value() != line.was_cut());
      if (completed) {
        REQUIRE(problem(sides.apply(release_kind, or_fail, 5s, {{"copy", true}})) == "");
        CHECK(it.owners() == nobody_anywhere);
        CHECK(sides.observe(release_kind, or_fail)->state == State::done);
      } else {
        REQUIRE(problem(sides.undo(release_kind, or_fail, {{"copy", true}})) == "");
        CHECK(it.owners() == source_again);
      }
    });
  }
}

TEST_CASE("whether a release is over is not known when the session to the source is lost, and neither is it said") {
  Copied it;
  it.release();
  at_each_request(main_server(), [&](CutLine& line) {
    TwoSides sides(line.port(), ci_server().port());
    name_tables(sides.world);
    const auto seen = sides.observe(release_kind, or_fail);
    REQUIRE(seen.has_value() != line.was_cut());
    if (seen) CHECK(seen->state == State::done);
  });
}

TEST_CASE("a release that loses its session to the target's copy fails, and is completed by the next one") {
  Copied it;
  at_each_request(ci_server(), [&](CutLine& line) {
    it.begin_again();
    TwoSides sides(main_server().port(), line.port());
    name_tables(sides.world);
    const auto released = sides.apply(release_kind, or_fail, 5s, {{"copy", true}});
    line.fix();
    CHECK(released.has_value() != line.was_cut());
    REQUIRE(problem(sides.apply(release_kind, or_fail, 5s, {{"copy", true}})) == "");
    CHECK(it.owners() == nobody_anywhere);
  });
}

TEST_CASE("an undone release that loses a session at any request has the source own in the end") {
  Copied it;
  at_each_request(main_server(), [&](CutLine& line) {
    it.begin_again();
    const auto before = it.release();
    TwoSides sides(line.port(), ci_server().port());
    static_cast<void>(sides.undo(release_kind, or_fail, before));
    line.fix();
    REQUIRE(problem(sides.undo(release_kind, or_fail, before)) == "");
    CHECK(it.owners() == source_again);
  });
  at_each_request(ci_server(), [&](CutLine& line) {
    it.begin_again();
    const auto before = it.release();
    TwoSides sides(main_server().port(), line.port());
    CHECK(problem(sides.undo(release_kind, or_fail, before)) == "");
    CHECK(it.source.owner() == Owner::source);
  });
}

}  // namespace pgcleave::steps::test
