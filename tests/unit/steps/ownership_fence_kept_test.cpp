#include "cut_line.h"
#include "fenced_split.h"

namespace pgcleave::steps::test {
using namespace pgcleave::world;
namespace {

using pgcleave::fence::KeptFence;
using pgcleave::fence::Owner;
using pgcleave::postgres::TableName;
using pgcleave::postgres::test::ci_server;
using pgcleave::postgres::test::main_server;
using pgcleave::postgres::test::soon;

constexpr const char* fence_kept_kind = "ownership.fence_kept";
const Json on_promoted{{"on", "target"}, {"lock_timeout", "50ms"}};
const Json on_promoted_in_words{{"on", "target"}, {"lock_timeout", "soon"}};

// A target that was promoted: it has ownership, and takes writes.
struct Promoted {
  Promoted() {
    name_tables(sides.world);
    target.install();
  }
  KeptFence function() { return fence::kept_fence(target.here, fence, soon()).value(); }
  bool takes_writes(const std::string& table) {
    return target.here.simple("INSERT INTO " + table + " VALUES (1)", soon()).has_value();
  }

  SplitDatabase target{ci_server()};
  TwoSides sides{main_server(), ci_server()};
};

}  // namespace

TEST_CASE("kept tables are locked on the target, and open again when that is undone") {
  Promoted it;
  const auto seen = it.sides.observe(fence_kept_kind, on_promoted);
  REQUIRE(problem(seen) == "");
  CHECK(seen->state == State::pending);
  CHECK(seen->evidence == "0 of 2 kept tables fenced");
  CHECK(*it.sides.apply(fence_kept_kind, on_promoted, 5s) == Json{{"fenced", 2}});
  CHECK_FALSE(it.takes_writes("kept.users"));
  CHECK(it.sides.observe(fence_kept_kind, on_promoted)->state == State::done);
  CHECK(*it.sides.apply(fence_kept_kind, on_promoted, 5s) == Json{{"fenced", 0}});

  it.target.sql("CREATE TABLE kept.later (id int)");
  REQUIRE(fence::create_kept_triggers(it.target.here, fence, {{"kept", "later"}}, 100ms, soon(), nullptr));
  for (int times = 1; times <= 2; ++times) {
    CHECK(problem(it.sides.undo(fence_kept_kind, on_promoted, seen->before)) == "");
    CHECK(it.function() == KeptFence::absent);
    CHECK(it.takes_writes("kept.users"));
    CHECK(it.takes_writes("kept.later"));
    CHECK(it.target.installed());
  }
}

TEST_CASE("a lock of kept tables that was there before stays when the rest is undone") {
  Promoted it;
  REQUIRE(fence::install_kept_fence(it.target.here, fence, soon()));
  REQUIRE(fence::create_kept_triggers(it.target.here, fence, {{"kept", "users"}}, 100ms, soon(), nullptr));
  const auto seen = it.sides.observe(fence_kept_kind, on_promoted);
  REQUIRE(problem(seen) == "");
  CHECK(seen->evidence == "1 of 2 kept tables fenced");
  CHECK(*it.sides.apply(fence_kept_kind, on_promoted, 5s) == Json{{"fenced", 1}});

  CHECK(problem(it.sides.undo(fence_kept_kind, on_promoted, seen->before)) == "");
  CHECK(it.function() == KeptFence::installed);
  CHECK(it.target.kept_fenced() == std::vector<TableName>{{"kept", "users"}});

  const auto complete = Json{{"present", true}, {"missing", Json::array()}};
  CHECK(problem(it.sides.undo(fence_kept_kind, on_promoted, complete)) == "");
  CHECK(it.target.kept_fenced() == std::vector<TableName>{{"kept", "users"}});
}

TEST_CASE(
    "a function with another text, and a trigger of the same name that calls another one, do not count as the lock") {
  Promoted it;
  it.target.sql(
      "CREATE FUNCTION pgcleave.fence_kept_ci() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; "
      "CREATE FUNCTION kept.note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; "
      "CREATE TRIGGER pgcleave_fence_kept_ci BEFORE INSERT ON kept.users FOR EACH STATEMENT EXECUTE FUNCTION "
      "kept.note(); "
      "CREATE TRIGGER pgcleave_fence_kept_ci BEFORE INSERT ON kept.audit FOR EACH STATEMENT EXECUTE FUNCTION "
      "pgcleave.fence_kept_ci()");
  const auto seen = it.sides.observe(fence_kept_kind, on_promoted);
  REQUIRE(problem(seen) == "");
  CHECK(seen->state == State::pending);
  CHECK(seen->evidence == "0 of 2 kept tables fenced");
  CHECK(*it.sides.apply(fence_kept_kind, on_promoted, 5s) == Json{{"fenced", 2}});
  CHECK(it.function() == KeptFence::installed);
  CHECK_FALSE(it.takes_writes("kept.users"));
  CHECK_FALSE(it.takes_writes("kept.audit"));
}

TEST_CASE("kept tables are locked only on a target that answers and has ownership") {
  Promoted it;
  const auto on_source = it.sides.observe(fence_kept_kind, {{"on", "source"}});
  REQUIRE_FALSE(on_source);
  CHECK(on_source.error().kind == ErrorKind::invalid);
  CHECK(on_source.error().expected == "on: target");

  it.target.sql("DROP SCHEMA pgcleave CASCADE");
  const auto without = it.sides.observe(fence_kept_kind, on_promoted);
  REQUIRE_FALSE(without);
  CHECK(without.error().kind == ErrorKind::not_ready);
  CHECK(says(without.error().what, "has no ownership of split ci"));

  TwoSides alone(main_server().port(), postgres::test::free_port());
  name_tables(alone.world);
  const auto unreachable = alone.apply(fence_kept_kind, on_promoted, 5s);
  REQUIRE_FALSE(unreachable);
  CHECK(says(unreachable.error().text(), "ci-1"));
}

TEST_CASE(
    "a target that is still a standby is told to be promoted first, and nothing of its source's is undone there") {
  SplitDatabase source(main_server());
  source.install();
  REQUIRE(fence::install_kept_fence(source.here, fence, soon()));
  const postgres::test::Server standby("ci", main_server());
  TwoSides sides(main_server(), standby);
  name_tables(sides.world);
  const Json before{{"present", false}};
  const auto is_told = [](const auto& result) {
    REQUIRE_FALSE(result);
    CHECK(result.error().kind == ErrorKind::not_ready);
    CHECK(result.error().object == "target ci");
    CHECK(says(result.error().what, "is in recovery"));
  };
  is_told(sides.observe(fence_kept_kind, on_promoted));
  is_told(sides.undo(fence_kept_kind, on_promoted, before));

  REQUIRE(fence::uninstall_kept_fence(source.here, fence, soon()));
  auto there = standby.connect();
  REQUIRE(wait_until("the standby has replayed it", soon(), 5ms, nullptr, [&]() -> Result<bool> {
    return fence::kept_fence(there, fence, soon()).value() == KeptFence::absent;
  }));
  is_told(sides.apply(fence_kept_kind, on_promoted, 5s));
  CHECK(problem(sides.undo(fence_kept_kind, on_promoted, before)) == "");
}

TEST_CASE("a lock timeout of kept tables that is no duration changes nothing") {
  Promoted it;
  const auto before = it.sides.observe(fence_kept_kind, on_promoted)->before;
  CHECK(it.sides.apply(fence_kept_kind, on_promoted_in_words, 5s).error().kind == ErrorKind::invalid);
  CHECK(it.function() == KeptFence::absent);
  REQUIRE(it.sides.apply(fence_kept_kind, on_promoted, 5s));
  CHECK(it.sides.undo(fence_kept_kind, on_promoted_in_words, before).error().kind == ErrorKind::invalid);
  CHECK(it.target.kept_fenced() == kept_tables);
}

TEST_CASE("a kept table that is being written is named when its lock could not be had") {
  Promoted it;
  {
    const auto writer = it.target.writer("kept.users");
    const auto late = it.sides.apply(fence_kept_kind, on_promoted, 400ms);
    REQUIRE_FALSE(late);
    CHECK(late.error().kind == ErrorKind::timed_out);
    CHECK(late.error().object == "table kept.users");
    CHECK(says(late.error().seen, "writer of kept.users"));
  }
  CHECK(*it.sides.apply(fence_kept_kind, on_promoted, 5s) == Json{{"fenced", 1}});
}

TEST_CASE("locking kept tables, and undoing it, survive a session that is lost at any request") {
  Promoted it;
  const auto fresh = [&] {
    it.target.sql("DROP SCHEMA IF EXISTS pgcleave CASCADE");
    it.target.install();
  };
  at_each_request(ci_server(), [&](CutLine& line) {
    fresh();
    TwoSides sides(main_server().port(), line.port());
    name_tables(sides.world);
    const auto seen = sides.observe(fence_kept_kind, on_promoted);
    CHECK(seen.has_value() != line.was_cut());
    const auto applied = sides.apply(fence_kept_kind, on_promoted, 5s);
    line.fix();
    if (seen) CHECK(applied.has_value() != line.was_cut());
    REQUIRE(problem(sides.apply(fence_kept_kind, on_promoted, 5s)) == "");
    CHECK(it.target.kept_fenced() == kept_tables);
  });
  at_each_request(ci_server(), [&](CutLine& line) {
    fresh();
    const auto before = it.sides.observe(fence_kept_kind, on_promoted)->before;
    REQUIRE(problem(it.sides.apply(fence_kept_kind, on_promoted, 5s)) == "");
    TwoSides sides(main_server().port(), line.port());
    name_tables(sides.world);
    const auto undone = sides.undo(fence_kept_kind, on_promoted, before);
    line.fix();
    CHECK(undone.has_value() != line.was_cut());
    REQUIRE(problem(sides.undo(fence_kept_kind, on_promoted, before)) == "");
    CHECK(it.target.kept_fenced().empty());
    CHECK(it.function() == KeptFence::absent);
  });
}

}  // namespace pgcleave::steps::test
