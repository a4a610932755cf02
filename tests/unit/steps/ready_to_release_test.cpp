#include "steps/ownership/ready_to_release.h"

#include <thread>

#include "fenced_split.h"

namespace pgcleave::steps::test {
using namespace pgcleave::world;
namespace {

using pgcleave::fence::Owner;
using pgcleave::postgres::test::ci_server;
using pgcleave::postgres::test::main_server;
using pgcleave::postgres::test::run;
using pgcleave::postgres::test::soon;

// The source owns; the target is a primary, as after an early promotion, or can't be reached, as good as a standby.
struct Ready {
  explicit Ready(bool promoted)
      : sides(main_server().port(), promoted ? ci_server().port() : postgres::test::free_port()) {
    name_tables(sides.world);
    source.install();
    REQUIRE(fence::create_triggers(source.here, fence, moved_tables, 100ms, soon(), nullptr));
    write_down();
  }
  // As ownership.install does it.
  void write_down() {
    const auto tables = tables_on(sides.world, sides.world.source, soon());
    REQUIRE(tables);
    REQUIRE(fence::freeze_split(source.here, "ci", to_freeze(sides.world, tables->split), soon()));
  }
  std::string refusal() { return problem(sides.prepare("ownership.release", {{"on", "source"}})); }
  SplitDatabase source{main_server()};
  TwoSides sides;
};

struct Transaction {
  Transaction(SplitDatabase& database, const std::string& table) : ends(main_server().connect()) {
    auto writer = database.writer(table);
    run(writer, "PREPARE TRANSACTION 'billing'");
  }
  ~Transaction() { static_cast<void>(ends.query("ROLLBACK PREPARED 'billing'", {}, soon())); }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  postgres::Connection ends;
};

}  // namespace

TEST_CASE("no window takes ownership while a table of the split has no fence") {
  Ready it(true);
  CHECK(it.refusal() == "");
  it.source.sql("CREATE TABLE moved.later (id int)");
  CHECK(says(it.refusal(), "table moved.later: has no fence"));
  CHECK(says(it.refusal(), "the next run fences it"));
  CHECK(it.source.owner() == Owner::source);
}

TEST_CASE("no window takes ownership of a table that another class writes by inheritance") {
  Ready it(true);
  it.source.sql("CREATE TABLE kept.child () INHERITS (moved.jobs)");
  CHECK(says(it.refusal(), "ALTER TABLE kept.child NO INHERIT moved.jobs"));
}

TEST_CASE("before a promotion a prepared transaction of any table is refused, after it one that wrote a moved table") {
  Ready before(false);
  {
    Transaction kept(before.source, "kept.users");
    CHECK(says(before.refusal(),
               "'billing' of postgres: the promotion would copy it; COMMIT PREPARED 'billing' or ROLLBACK PREPARED"));
  }
  CHECK(before.refusal() == "");
}

TEST_CASE("after an early promotion only a prepared transaction that wrote a moved table is refused") {
  Ready after(true);
  {
    Transaction kept(after.source, "kept.users");
    CHECK(after.refusal() == "");
  }
  Transaction moved(after.source, "moved.builds");
  CHECK(says(after.refusal(), "the drain can't end it; COMMIT PREPARED 'billing' or ROLLBACK PREPARED 'billing'"));
}

TEST_CASE("a prepared transaction that its manager ends at once is in nobody's way") {
  Ready it(false);
  Transaction brief(it.source, "kept.users");
  std::thread ends([&] {
    std::this_thread::sleep_for(300ms);
    static_cast<void>(brief.ends.query("COMMIT PREPARED 'billing'", {}, soon()));
  });
  const auto refused = it.refusal();
  ends.join();
  CHECK(refused == "");
}

TEST_CASE("a partition that came after the fence fails the release, and nobody owns until that is undone") {
  Ready it(true);
  it.source.sql("CREATE TABLE moved.logs (id int) PARTITION BY RANGE (id)");
  REQUIRE(fence::create_triggers(it.source.here, fence, {{"moved", "logs"}}, 100ms, soon(), nullptr));
  it.write_down();
  REQUIRE(it.refusal() == "");
  it.source.sql("CREATE TABLE moved.logs_1 PARTITION OF moved.logs DEFAULT");
  const auto released =
      it.sides.apply("ownership.release", {{"on", "source"}, {"policy", "fail"}, {"grace", "100ms"}}, 5s);
  REQUIRE_FALSE(released);
  CHECK(released.error().kind == ErrorKind::not_ready);
  CHECK(says(released.error().text(), "has no fence"));
  CHECK(released.error().seen == "moved.logs_1");
  CHECK(released.error().hint == "pgcleave resume fences it");
  CHECK(it.source.owner() == Owner::nobody);
}

TEST_CASE("a release waits for a client that has named a partitioned table and has sent no row") {
  Ready it(true);
  it.source.sql(
      "CREATE TABLE moved.logs (id int) PARTITION BY RANGE (id); CREATE TABLE moved.logs_1 PARTITION OF moved.logs "
      "DEFAULT");
  REQUIRE(
      fence::create_triggers(it.source.here, fence, {{"moved", "logs"}, {"moved", "logs_1"}}, 100ms, soon(), nullptr));
  auto writer = main_server().connect();
  run(writer, "BEGIN");
  run(writer, "INSERT INTO moved.logs SELECT 1 WHERE false");
  const auto released =
      it.sides.apply("ownership.release", {{"on", "source"}, {"policy", "fail"}, {"grace", "100ms"}}, 300ms);
  REQUIRE_FALSE(released);
  CHECK(says(released.error().seen, "RowExclusiveLock on moved.logs"));
}

}  // namespace pgcleave::steps::test
