// Steps of the replication from the target back to the source, between two real servers.
#include <catch2/catch.hpp>

#include "fenced_split.h"
#include "postgres/replication.h"
#include "postgres/wal.h"
#include "steps/ownership/owner_repair.h"

namespace pgcleave::steps::test {
using namespace pgcleave::world;
namespace {

using pgcleave::postgres::test::ci_server;
using pgcleave::postgres::test::main_server;
using pgcleave::postgres::test::soon;

const std::string rollback_path = "pgcleave_ci_reverse";
const Json published_back{{"on", "target"}, {"direction", "reverse"}};
const Json unproven{{"prove", false}};

// Both databases with the split's tables and the fence; nothing replicates yet.
struct ReverseLink {
  ReverseLink() {
    name_tables(sides.world);
    auto access = sides.world.target.access();
    access.route = {"127.0.0.1", ci_server().port()};
    access.replication.values = {{"user", "postgres"}};
    sides.world.target = Side(fence::Owner::target, std::move(access));
    for (auto* side : {&source, &target})
      side->sql("ALTER TABLE moved.builds ADD PRIMARY KEY (id); ALTER TABLE moved.jobs ADD PRIMARY KEY (id)");
  }
  ~ReverseLink() {
    (void)postgres::drop_subscription(source.here, rollback_path, soon());
    (void)postgres::drop_slot(target.here, rollback_path, soon());
    (void)postgres::drop_publication(target.here, rollback_path, soon());
  }
  ReverseLink(const ReverseLink&) = delete;
  ReverseLink& operator=(const ReverseLink&) = delete;

  void install() {
    for (auto* side : {&source, &target}) side->install();
  }
  void make_publication_and_slot() {
    REQUIRE(problem(sides.apply("replication.publish", published_back, 5s)) == "");
    REQUIRE(problem(sides.apply("replication.create_slot_reverse", Json::object(), 5s)) == "");
  }
  std::string arrives(int id) {
    return problem(
        wait_until("row " + std::to_string(id) + " is on the source", soon(), 20ms, nullptr, [&]() -> Result<bool> {
          return !source.sql("SELECT FROM moved.builds WHERE id = " + std::to_string(id)).empty();
        }));
  }
  State applied_at(Lsn lsn) {
    const auto seen = sides.observe("replication.wait_apply", {{"on", "source"}, {"lsn", lsn.text()}});
    REQUIRE(problem(seen) == "");
    return seen->state;
  }

  SplitDatabase source{main_server()};
  SplitDatabase target{ci_server()};
  TwoSides sides{main_server(), ci_server()};
};

}  // namespace

// As after a failover of the target to a member that was behind: what it writes up to there would pass for applied.
TEST_CASE("a source that has applied more than the target has written is a loss, and no rollback begins") {
  ReverseLink link;
  link.install();
  link.make_publication_and_slot();
  REQUIRE(problem(link.sides.apply("replication.start_reverse", Json::object(), 5s)) == "");
  const auto seen = [&] { return link.sides.observe("replication.check_reverse", {{"below", "1MiB"}}); };
  REQUIRE(problem(seen()) == "");
  CHECK_FALSE(says(seen()->evidence, "lost commits in a failover"));
  REQUIRE(problem(postgres::disable_subscription(link.source.here, rollback_path, soon())) == "");
  const auto written = postgres::current_lsn(link.target.here, soon());
  link.source.sql("SELECT pg_replication_origin_advance('pg_' || oid, '" + Lsn{written->position + 100'000'000}.text() +
                  "') FROM pg_subscription WHERE subname = '" + rollback_path + "'");
  CHECK(seen()->state == State::conflict);
  CHECK(says(seen()->evidence, "lost commits in a failover"));
}

TEST_CASE("reverse replication is proven by a row that arrives, and what is applied is told to the byte") {
  ReverseLink link;
  CHECK(says(problem(link.sides.prepare("replication.prove_reverse", Json::object())), "canary_target_ci"));
  link.install();
  REQUIRE(problem(link.sides.prepare("replication.prove_reverse", Json::object())) == "");
  link.make_publication_and_slot();
  REQUIRE(problem(link.sides.apply("replication.start_reverse", unproven, 5s)) == "");
  CHECK(link.sides.observe("replication.prove_reverse", Json::object())->state == State::pending);
  REQUIRE(problem(link.sides.apply("replication.prove_reverse", Json::object(), 5s)) == "");
  CHECK(link.sides.observe("replication.prove_reverse", Json::object())->state == State::done);

  const auto applied = postgres::applied(link.source.here, rollback_path, true, soon());
  REQUIRE(problem(applied) == "");
  CHECK(link.applied_at(*applied) == State::done);
  CHECK(link.applied_at(Lsn{applied->position + 1}) == State::pending);
  CHECK(problem(link.sides.apply("replication.wait_apply", {{"on", "source"}, {"lsn", applied->text()}}, 1s)) == "");
}

TEST_CASE("reverse replication that was cut off in a window sends nothing back that the source has itself") {
  ReverseLink link;
  link.install();
  link.make_publication_and_slot();
  REQUIRE(problem(link.sides.apply("replication.start_reverse", unproven, 5s)) == "");
  REQUIRE(problem(link.sides.apply("replication.prove_reverse", Json::object(), 5s)) == "");

  // The window's undo can't reach the target, whose publication stays open; then the source's rows flow on to it.
  REQUIRE(problem(postgres::disable_subscription(link.source.here, rollback_path, soon())) == "");
  for (auto* side : {&link.source, &link.target})
    side->sql(
        "SET session_replication_role TO replica; INSERT INTO moved.builds VALUES (1); RESET session_replication_role");

  const auto seen = link.sides.observe("replication.start_reverse", unproven);
  REQUIRE(problem(seen) == "");
  CHECK(seen->state == State::pending);
  REQUIRE(problem(link.sides.apply("replication.start_reverse", unproven, 5s)) == "");
  CHECK_FALSE(postgres::publication(link.target.here, rollback_path, soon()).value()->open);
  REQUIRE(problem(postgres::open_publication(link.target.here, rollback_path, true, soon())) == "");
  link.target.sql("SET session_replication_role TO replica; INSERT INTO moved.builds VALUES (9)");
  CHECK(link.arrives(9) == "");
  CHECK(postgres::subscription(link.source.here, rollback_path, soon()).value()->apply_errors == 0);
}

TEST_CASE("a slot is kept where the target owns the tables, since it may hold what clients wrote") {
  ReverseLink link;
  link.install();
  link.make_publication_and_slot();
  REQUIRE(problem(link.sides.apply("replication.start_reverse", unproven, 5s)) == "");
  REQUIRE(problem(postgres::disable_subscription(link.source.here, rollback_path, soon())) == "");
  link.target.set_owner(fence::Owner::target);
  link.target.sql("INSERT INTO moved.builds VALUES (7)");
  REQUIRE(problem(link.sides.apply("replication.start_reverse", unproven, 5s)) == "");
  CHECK(link.arrives(7) == "");
}

TEST_CASE("a subscription that reads another slot is not taken for reverse replication") {
  ReverseLink link;
  link.install();
  link.source.sql("CREATE SUBSCRIPTION " + rollback_path +
                  " CONNECTION 'host=127.0.0.1' PUBLICATION other WITH (connect = false, slot_name = other)");
  const auto started = link.sides.apply("replication.start_reverse", unproven, 1s);
  REQUIRE_FALSE(started);
  CHECK(started.error().kind == ErrorKind::conflict);
  CHECK(started.error().seen == "other");
}

TEST_CASE("a publication that can't be dropped in time is not taken for undone") {
  ReverseLink link;
  link.install();
  const auto before = link.sides.observe("replication.publish", published_back);
  REQUIRE(problem(before) == "");
  REQUIRE(problem(link.sides.apply("replication.publish", published_back, 5s)) == "");
  auto other = ci_server().connect();
  postgres::test::run(
      other, "BEGIN; ALTER PUBLICATION " + rollback_path + " OWNER TO postgres; DROP PUBLICATION " + rollback_path);
  CHECK(problem(link.sides.undo("replication.publish", published_back, before->before, 300ms)) != "");
  postgres::test::run(other, "ROLLBACK");
  CHECK(problem(link.sides.undo("replication.publish", published_back, before->before)) == "");
  CHECK_FALSE(postgres::publication(link.target.here, rollback_path, soon()).value());
}

TEST_CASE(
    "a stale source goes on reading until its subscription is really disabled, and the repair is not done before") {
  ReverseLink link;
  link.install();
  link.make_publication_and_slot();
  REQUIRE(problem(link.sides.apply("replication.start_reverse", unproven, 5s)) == "");
  const auto seen = look_for_repair(link.sides.world, soon());
  Repair judged;
  judged.right = fence::Owner::target;
  judged.stale = true;
  auto other = main_server().connect();
  postgres::test::run(other, "BEGIN; ALTER SUBSCRIPTION " + rollback_path + " SET (synchronous_commit = off)");
  CHECK(problem(repair(link.sides.world, seen, judged, Deadline::in(300ms))) != "");
  postgres::test::run(other, "ROLLBACK");
  CHECK(problem(repair(link.sides.world, seen, judged, soon())) == "");
  CHECK_FALSE(postgres::subscription(link.source.here, rollback_path, soon()).value()->enabled);
}

TEST_CASE("an undo of the turn that does not know what was before closes reverse replication") {
  ReverseLink link;
  link.install();
  REQUIRE(problem(link.sides.apply("replication.publish", published_back, 5s)) == "");
  const auto is_open = [&] { return postgres::publication(link.target.here, rollback_path, soon()).value()->open; };
  CHECK(problem(link.sides.undo("replication.reverse", Json::object(), {{"reverse", true}})) == "");
  CHECK(is_open());
  CHECK(problem(link.sides.undo("replication.reverse", Json::object(), Json::object())) == "");
  CHECK_FALSE(is_open());
}

}  // namespace pgcleave::steps::test
