#include "world/frozen.h"

#include <algorithm>

#include "steps/fenced_split.h"

namespace pgcleave::steps::test {
using namespace pgcleave::world;
namespace {

using pgcleave::fence::FrozenSplit;
using pgcleave::fence::Owner;
using pgcleave::postgres::test::ci_server;
using pgcleave::postgres::test::main_server;
using pgcleave::postgres::test::soon;

const Json install_on_source{{"on", "source"}, {"lock_timeout", "50ms"}};
const Json install_on_target{{"on", "target"}, {"lock_timeout", "50ms"}};
const Json release_source{{"on", "source"}, {"policy", "fail"}, {"grace", "100ms"}};

struct Written {
  Written() { name_tables(sides.world); }
  void install() { REQUIRE(problem(sides.apply("ownership.install", install_on_source, 5s)) == ""); }
  void fence_on_source(const std::vector<postgres::TableName>& tables) {
    REQUIRE(fence::create_triggers(source.here, fence, tables, 100ms, soon(), nullptr));
  }
  std::string refusal() { return problem(sides.prepare("ownership.release", release_source)); }
  std::string written() {
    return source
        .sql(
            "SELECT string_agg(class || ' ' || schema || '.' || name, ', ' ORDER BY class, name) AS all FROM "
            "pgcleave.split_tables")
        .text(0, "all");
  }
  SplitDatabase source{main_server()};
  SplitDatabase target{ci_server()};
  TwoSides sides{main_server(), ci_server()};
};

}  // namespace

TEST_CASE("the run that prepares a split writes down its tables, and an undo writes down again what was there before") {
  Written it;
  const auto fresh = it.sides.observe("ownership.install", install_on_source);
  REQUIRE(problem(fresh) == "");
  it.install();
  CHECK(it.written() == "kept kept.audit, kept kept.users, moved moved.builds, moved moved.jobs");
  CHECK(it.sides.observe("ownership.install", install_on_source)->state == State::done);

  it.sides.world.run.id = "r-another";
  it.source.sql("CREATE TABLE kept.later (id int)");
  const auto second = it.sides.observe("ownership.install", install_on_source);
  CHECK(second->state == State::pending);
  it.install();
  CHECK(it.written() == "kept kept.audit, kept kept.later, kept kept.users, moved moved.builds, moved moved.jobs");
  for (int times = 1; times <= 2; ++times) {
    CHECK(problem(it.sides.undo("ownership.install", install_on_source, second->before)) == "");
    CHECK(it.written() == "kept kept.audit, kept kept.users, moved moved.builds, moved moved.jobs");
  }
  CHECK(problem(it.sides.undo("ownership.install", install_on_source, fresh->before)) == "");
  CHECK_FALSE(it.source.has_schema());
}

TEST_CASE("who fences tables after the split writes nothing down") {
  Written it;
  it.install();
  const auto before = it.written();
  it.target.install();
  it.source.set_owner(Owner::nobody);
  it.target.set_owner(Owner::target);
  it.source.sql("CREATE TABLE moved.later (id int)");
  it.sides.world.run.id = "r-fence";
  it.install();
  REQUIRE(problem(it.sides.apply("ownership.install", install_on_target, 5s)) == "");
  CHECK(it.source.fenced().size() == 3);
  CHECK(it.written() == before);
  CHECK(it.target.sql("SELECT FROM pgcleave.split_frozen").empty());
}

TEST_CASE("no window is entered with moved tables that are not written down by this run") {
  Written it;
  it.source.install();
  it.fence_on_source(moved_tables);
  CHECK(says(it.refusal(), "seen nothing"));
  it.install();
  CHECK(it.refusal() == "");
  it.source.sql("CREATE TABLE kept.later (id int)");
  CHECK(it.refusal() == "");
  it.source.sql("CREATE TABLE moved.later (id int)");
  it.fence_on_source({{"moved", "later"}});
  CHECK(says(it.refusal(), "moved.later came since"));
  it.source.sql("DROP TABLE moved.later; ALTER TABLE moved.jobs RENAME TO tasks");
  CHECK(says(it.refusal(), "moved.tasks was moved.jobs"));
  it.source.sql("ALTER TABLE moved.tasks SET SCHEMA kept");
  CHECK(says(it.refusal(), "kept.tasks is kept and was moved as moved.jobs"));
  it.source.sql("DROP TABLE kept.tasks");
  CHECK(says(it.refusal(), "moved.jobs is gone"));
  it.sides.world.run.id = "r-another";
  CHECK(says(it.refusal(), "what run r-20260101-000000-0001 wrote"));
}

TEST_CASE("a table that another split has moved is in no second split") {
  Written it;
  const fence::Fence web{"web", "main", "web"};
  REQUIRE(fence::install(it.source.here, web, soon()));
  REQUIRE(fence::create_triggers(it.source.here, web, {{"moved", "jobs"}}, 100ms, soon(), nullptr));
  const auto refused = it.sides.observe("ownership.install", install_on_source);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::not_ready);
  CHECK(says(refused.error().text(), "moved.jobs (trigger pgcleave_fence_web) on source main"));
}

TEST_CASE("what the databases do not prove is not taken for the split that was done") {
  Written it;
  const auto frozen = [&] { return problem(frozen_by_the_split(it.sides.world, soon())); };
  CHECK(says(frozen(), "nothing on source main"));
  it.install();
  CHECK(says(frozen(), "nothing on target ci"));
  it.target.install();
  const auto list = *fence::frozen_split(it.source.here, "ci", soon());
  auto another = *list;
  another.tables.pop_back();
  REQUIRE(fence::freeze_split(it.target.here, "ci", another, soon()));
  CHECK(says(frozen(), "another list of its tables on each side"));
  REQUIRE(fence::freeze_split(it.target.here, "ci", list, soon()));
  CHECK(says(frozen(), "run (none) gave ownership"));
  REQUIRE(fence::pass_ownership(it.target.here, "ci", Owner::source, Owner::nobody, list->run, 1, soon()));
  REQUIRE(fence::pass_ownership(it.target.here, "ci", Owner::nobody, Owner::target, list->run, 1, soon()));
  CHECK(frozen() == "");
}

TEST_CASE("a table whose class the split file of today changes is named, in words of then and of now") {
  Written it;
  it.sides.world.split_file.path = "split.yml";
  it.sides.world.split_file.text = "split: 1\nname: ci\nmoved: {schemas: [moved]}\nkept: {schemas: [kept]}\n";
  it.install();
  const auto frozen = *fence::frozen_split(it.source.here, "ci", soon());
  const auto changes = [&] {
    const auto found = reclassified(it.sides.world, *frozen, soon());
    REQUIRE(problem(found) == "");
    return *found;
  };
  for (auto* database : {&it.source, &it.target}) database->sql("CREATE TABLE kept.later (id int)");
  CHECK(changes().empty());
  it.sides.world.split_file.moved.tables = {{"kept.later", {}}, {"kept.users", {}}};
  const auto found = changes();
  CHECK(std::find(found.begin(), found.end(),
                  "kept.later would have been kept when it was split, and is moved by split.yml") != found.end());
  CHECK(std::find(found.begin(), found.end(), "kept.users was kept when it was split, and is moved by split.yml") !=
        found.end());
}

}  // namespace pgcleave::steps::test
