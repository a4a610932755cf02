#include "cut_line.h"
#include "fenced_split.h"

namespace pgcleave::steps::test {
using namespace pgcleave::world;
namespace {

using pgcleave::fence::Owner;
using pgcleave::postgres::TableName;
using pgcleave::postgres::test::ci_server;
using pgcleave::postgres::test::main_server;
using pgcleave::postgres::test::soon;

constexpr const char* install_kind = "ownership.install";
const Json on_source{{"on", "source"}, {"lock_timeout", "50ms"}};
const Json on_target{{"on", "target"}, {"lock_timeout", "50ms"}};
const Json in_words{{"on", "source"}, {"lock_timeout", "soon"}};

struct Installing {
  Installing() { name_tables(sides.world); }
  SplitDatabase source{main_server()};
  SplitDatabase target{ci_server()};
  TwoSides sides{main_server(), ci_server()};
};

// Two users who write through the bouncers; nothing of them is left.
struct Probers {
  Probers(SplitDatabase& database, World& world) : database_(database) {
    drop();
    database_.sql("CREATE ROLE prober_old LOGIN; CREATE ROLE prober_new LOGIN");
    for (const char* user : {"prober_old", "prober_new"}) {
      config::Pool pool;
      pool.probe.values = {{"user", user}};
      world.environment.pools.push_back(pool);
    }
  }
  ~Probers() { drop(); }
  Probers(const Probers&) = delete;
  Probers& operator=(const Probers&) = delete;
  std::string who_may_write() {
    return database_
        .sql(
            "SELECT string_agg(rolname, ' ' ORDER BY rolname) AS who FROM pg_roles WHERE rolname LIKE 'prober%' "
            "AND has_table_privilege(oid, 'pgcleave.probe_ci', 'UPDATE') AND has_table_privilege(oid, "
            "'pgcleave.canary_source_ci', "
            "'INSERT')")
        .text(0, "who");
  }

 private:
  void drop() {
    for (const char* user : {"prober_old", "prober_new"}) {
      static_cast<void>(database_.here.simple(std::string("DROP OWNED BY ") + user, soon()));
      static_cast<void>(database_.here.simple(std::string("DROP ROLE ") + user, soon()));
    }
  }
  SplitDatabase& database_;
};

}  // namespace

TEST_CASE("a side that has part of the fence gets what is missing, and an undo takes away no more than that") {
  Installing it;
  it.source.install();
  REQUIRE(fence::create_triggers(it.source.here, fence, {{"moved", "builds"}}, 100ms, soon(), nullptr));
  const auto seen = it.sides.observe(install_kind, on_source);
  REQUIRE(problem(seen) == "");
  CHECK(seen->state == State::pending);
  CHECK(seen->evidence == "1 of 2 tables fenced, owner source, what is in the split not written down by this run");

  const auto applied = it.sides.apply(install_kind, on_source, 5s);
  REQUIRE(problem(applied) == "");
  CHECK(*applied == Json{{"fenced", 1}});
  CHECK(it.source.fenced() == moved_tables);
  CHECK(it.sides.observe(install_kind, on_source)->state == State::done);
  CHECK(*it.sides.apply(install_kind, on_source, 5s) == Json::object());

  for (int times = 1; times <= 2; ++times) {
    CHECK(problem(it.sides.undo(install_kind, on_source, seen->before)) == "");
    CHECK(it.source.fenced() == std::vector<TableName>{{"moved", "builds"}});
    CHECK(it.source.installed());
  }
}

TEST_CASE("users of a probe get the rights they lack, and an undo takes back only those") {
  Installing it;
  Probers probers(it.source, it.sides.world);
  it.source.install();
  REQUIRE(fence::create_triggers(it.source.here, fence, moved_tables, 100ms, soon(), nullptr));
  it.source.sql("GRANT INSERT, UPDATE, SELECT ON ALL TABLES IN SCHEMA pgcleave TO prober_old");
  const auto seen = it.sides.observe(install_kind, on_source);
  REQUIRE(problem(seen) == "");
  CHECK(seen->state == State::pending);
  CHECK(probers.who_may_write() == "prober_old");

  REQUIRE(problem(it.sides.apply(install_kind, on_source, 5s)) == "");
  CHECK(probers.who_may_write() == "prober_new prober_old");
  CHECK(it.sides.observe(install_kind, on_source)->state == State::done);

  for (int times = 1; times <= 2; ++times) {
    CHECK(problem(it.sides.undo(install_kind, on_source, seen->before)) == "");
    CHECK(probers.who_may_write() == "prober_old");
    CHECK(it.source.fenced() == moved_tables);
  }
}

TEST_CASE("ownership that came with the run goes without a trace, with all that was fenced since") {
  Installing it;
  const auto seen = it.sides.observe(install_kind, on_source);
  REQUIRE(problem(seen) == "");
  REQUIRE(problem(it.sides.apply(install_kind, on_source, 5s)) == "");
  it.source.sql("CREATE TABLE moved.later (id int)");
  REQUIRE(fence::create_triggers(it.source.here, fence, {{"moved", "later"}}, 100ms, soon(), nullptr));
  REQUIRE(fence::install_kept_fence(it.source.here, fence, soon()));
  REQUIRE(fence::create_kept_triggers(it.source.here, fence, kept_tables, 100ms, soon(), nullptr));
  CHECK(it.sides.undo(install_kind, in_words, seen->before).error().kind == ErrorKind::invalid);
  CHECK(it.source.fenced().size() == 3);
  REQUIRE(fence::drop_triggers(it.source.here, fence, moved_tables, 100ms, soon(), nullptr));
  REQUIRE(fence::drop_triggers(it.source.here, fence, {{"moved", "later"}}, 100ms, soon(), nullptr));
  CHECK(it.sides.undo(install_kind, in_words, seen->before).error().kind == ErrorKind::invalid);
  CHECK(it.source.kept_fenced() == kept_tables);
  REQUIRE(fence::create_triggers(it.source.here, fence, moved_tables, 100ms, soon(), nullptr));

  CHECK(problem(it.sides.undo(install_kind, on_source, seen->before)) == "");
  CHECK(it.source.sql("SELECT FROM pg_trigger WHERE tgname LIKE 'pgcleave%'").empty());
  CHECK_FALSE(it.source.has_schema());
  CHECK(problem(it.sides.undo(install_kind, on_source, seen->before)) == "");
}

TEST_CASE("a side that does not own keeps its fence, whatever came with the run") {
  Installing it;
  const auto seen = it.sides.observe(install_kind, on_source);
  REQUIRE(problem(seen) == "");
  REQUIRE(problem(it.sides.apply(install_kind, on_source, 5s)) == "");
  const auto passed =
      fence::pass_ownership(it.source.here, "ci", Owner::source, Owner::nobody, "r-20260101-000000-0001", 1, soon());
  REQUIRE(problem(passed) == "");
  const auto undone = it.sides.undo(install_kind, on_source, seen->before);
  REQUIRE_FALSE(undone);
  CHECK(undone.error().kind == ErrorKind::conflict);
  CHECK(undone.error().seen == "owner nobody");
  CHECK(it.source.fenced() == moved_tables);
}

TEST_CASE("only a side that owns, or has given its tables away, is fenced anew") {
  struct Case {
    const Json& on;
    std::optional<Owner> source;
    std::optional<Owner> target;
    bool fitting;
  };
  const std::vector<Case> cases = {{on_source, {}, {}, true},
                                   {on_source, {}, Owner::target, false},
                                   {on_source, Owner::source, {}, true},
                                   {on_source, Owner::nobody, Owner::target, true},
                                   {on_source, Owner::nobody, Owner::nobody, false},
                                   {on_source, Owner::target, Owner::target, false},
                                   {on_target, Owner::nobody, Owner::target, true},
                                   {on_target, Owner::source, Owner::nobody, false},
                                   {on_target, Owner::nobody, Owner::nobody, false}};
  Installing it;
  for (const auto& [on, source, target, fitting] : cases) {
    for (auto* side : {&it.source, &it.target}) {
      side->sql("DROP SCHEMA IF EXISTS pgcleave CASCADE");
      const auto& owner = side == &it.source ? source : target;
      if (!owner) continue;
      side->install();
      side->set_owner(*owner);
    }
    INFO(on.dump() << " source: " << (source ? fence::name_of(*source) : "-")
                   << " target: " << (target ? fence::name_of(*target) : "-"));
    const auto seen = it.sides.observe(install_kind, on);
    REQUIRE(problem(seen) == "");
    CHECK((seen->state != State::conflict) == fitting);
    CHECK(says(seen->evidence, "it must be") != fitting);
  }
}

TEST_CASE("a source that owns nothing is not judged while the target can't be asked") {
  Installing it;
  it.source.install();
  it.source.set_owner(Owner::nobody);
  TwoSides alone(main_server().port(), postgres::test::free_port());
  name_tables(alone.world);
  CHECK_FALSE(alone.observe(install_kind, on_source));
  it.source.set_owner(Owner::source);
  CHECK(alone.observe(install_kind, on_source));
}

TEST_CASE("nothing is installed on or removed from a side that can't be reached, and the error says where") {
  TwoSides alone(postgres::test::free_port(), ci_server().port());
  name_tables(alone.world);
  const auto applied = alone.apply(install_kind, on_source, 5s);
  REQUIRE_FALSE(applied);
  CHECK(says(applied.error().text(), "main-1"));
  const auto undone = alone.undo(install_kind, on_source, {{"present", false}});
  REQUIRE_FALSE(undone);
  CHECK(says(undone.error().text(), "main-1"));
}

TEST_CASE("a lock timeout that is no duration is refused before any table is touched") {
  Installing it;
  const auto refused = it.sides.apply(install_kind, in_words, 5s);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::invalid);
  CHECK(it.source.fenced().empty());
}

TEST_CASE("a table that is being written holds up its own trigger only, and is named with its writer") {
  Installing it;
  const auto before = it.sides.observe(install_kind, on_source)->before;
  {
    const auto writer = it.source.writer("moved.builds");
    const auto late = it.sides.apply(install_kind, on_source, 400ms);
    REQUIRE_FALSE(late);
    CHECK(late.error().kind == ErrorKind::timed_out);
    CHECK(late.error().object == "table moved.builds");
    CHECK(says(late.error().seen, "writer of moved.builds"));
    CHECK(it.source.fenced() == std::vector<TableName>{{"moved", "jobs"}});
  }
  REQUIRE(problem(it.sides.apply(install_kind, on_source, 5s)) == "");
  CHECK(it.source.fenced() == moved_tables);
  {
    const auto writer = it.source.writer("moved.jobs");
    const auto late = it.sides.undo(install_kind, on_source, before, 400ms);
    REQUIRE_FALSE(late);
    CHECK(says(late.error().seen, "writer of moved.jobs"));
    CHECK(it.source.owner() == Owner::source);
  }
  REQUIRE(problem(it.sides.undo(install_kind, on_source, before)) == "");
  CHECK_FALSE(it.source.has_schema());
}

TEST_CASE("an installation that loses its session at any request is completed by the next one") {
  Installing it;
  Probers probers(it.source, it.sides.world);
  at_each_request(main_server(), [&](CutLine& line) {
    it.source.sql("DROP SCHEMA IF EXISTS pgcleave CASCADE");
    TwoSides sides(line.port(), ci_server().port());
    name_tables(sides.world);
    sides.world.environment = it.sides.world.environment;
    const auto seen = sides.observe(install_kind, on_source);
    CHECK(seen.has_value() != line.was_cut());
    const auto applied = sides.apply(install_kind, on_source, 5s);
    line.fix();
    if (seen) CHECK(applied.has_value() != line.was_cut());
    REQUIRE(problem(sides.apply(install_kind, on_source, 5s)) == "");
    CHECK(it.source.fenced() == moved_tables);
    CHECK(probers.who_may_write() == "prober_new prober_old");
    CHECK(sides.observe(install_kind, on_source)->state == State::done);
  });
}

TEST_CASE("an undone installation that loses its session at any request is undone by the next try") {
  Installing it;
  Probers probers(it.source, it.sides.world);
  for (const bool present : {false, true}) {
    at_each_request(main_server(), [&](CutLine& line) {
      it.source.sql("DROP SCHEMA IF EXISTS pgcleave CASCADE");
      if (present) it.source.install();
      const auto before = it.sides.observe(install_kind, on_source)->before;
      REQUIRE(problem(it.sides.apply(install_kind, on_source, 5s)) == "");
      REQUIRE(fence::install_kept_fence(it.source.here, fence, soon()));
      if (!present) REQUIRE(fence::create_kept_triggers(it.source.here, fence, kept_tables, 100ms, soon(), nullptr));
      TwoSides sides(line.port(), ci_server().port());
      name_tables(sides.world);
      const auto undone = sides.undo(install_kind, on_source, before);
      line.fix();
      CHECK(undone.has_value() != line.was_cut());
      REQUIRE(problem(sides.undo(install_kind, on_source, before)) == "");
      CHECK(it.source.fenced().empty());
      CHECK(it.source.installed() == present);
      if (present) CHECK(probers.who_may_write().empty());
      if (!present) CHECK_FALSE(it.source.has_schema());
    });
  }
}

}  // namespace pgcleave::steps::test
