#include "world/durability.h"

#include "fence/ownership.h"
#include "postgres/wal.h"
#include "steps/two_sides.h"

namespace pgcleave::steps::test {
using namespace pgcleave::world;
namespace {

using pgcleave::fence::Owner;
using pgcleave::postgres::test::ci_server;
using pgcleave::postgres::test::main_server;
using pgcleave::postgres::test::run;
using pgcleave::postgres::test::soon;

// The source's cluster has a second member at this port, which does not stream.
struct TwoMembers {
  explicit TwoMembers(int port, bool nofailover = false)
      : patroni([port, nofailover](const patroni::Request& request) {
          const auto member = [](const char* name, const char* role, int at) {
            return Json{
                {"name", name},        {"role", role}, {"state", "running"}, {"api_url", "http://127.0.0.1:1/patroni"},
                {"host", "127.0.0.1"}, {"port", at},   {"timeline", 1},      {"lag", 0}};
          };
          if (request.path == "/cluster") {
            auto other = member("main-2", "replica", port);
            if (nofailover) other["tags"] = {{"nofailover", true}};
            const Json members{{"members", {member("main-1", "leader", main_server().port()), other}}};
            return patroni::answer(200, members.dump());
          }
          return patroni::answer(200, Json{{"patroni", {{"version", "3.0.2"}, {"scope", "main"}}}}.dump());
        }) {
    config::SideAccess access;
    access.scope = "main";
    access.patroni.members = {patroni.url()};
    access.postgres.values = {{"user", "postgres"}, {"dbname", "postgres"}};
    sides.world.source = Side(Owner::source, access);
  }
  Result<std::vector<world::MemberToTell>> members() {
    return members_to_tell(sides.world, sides.world.source, soon());
  }

  patroni::StandIn patroni;
  TwoSides sides{main_server(), ci_server()};
};

void owner_on_the_other_member(const std::string& value) {
  auto other = ci_server().connect();
  run(other, "DROP SCHEMA IF EXISTS pgcleave CASCADE");
  if (value.empty()) return;
  REQUIRE(fence::install(other, {"ci", "main", "ci"}, soon()));
  run(other, "SELECT setval('pgcleave.owner_ci', " + value + ")");
}

}  // namespace

TEST_CASE("a member that does not stream is refused if it would own, or has no fence, or can't be asked") {
  owner_on_the_other_member("1");
  TwoMembers it(ci_server().port());
  const auto refused = it.members();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().text().find("member main-2 of source main: does not stream") == 0);
  owner_on_the_other_member("");
  CHECK_FALSE(it.members());
  TwoMembers away(postgres::test::free_port());
  const auto silent = away.members();
  REQUIRE_FALSE(silent);
  CHECK(silent.error().text().find("can't be asked") != std::string::npos);
}

TEST_CASE("a member that does not stream and owns nothing is left out") {
  for (const auto* value : {"0", "2"}) {
    owner_on_the_other_member(value);
    TwoMembers it(ci_server().port());
    const auto members = it.members();
    REQUIRE(members);
    CHECK(members->empty());
  }
  owner_on_the_other_member("");
}

TEST_CASE("a member that Patroni never promotes is left out") {
  owner_on_the_other_member("1");
  TwoMembers it(ci_server().port(), true);
  const auto members = it.members();
  REQUIRE(members);
  CHECK(members->empty());
  owner_on_the_other_member("");
}

TEST_CASE("ownership is not taken before the release is on disk on every member, and who lacks it is named") {
  owner_on_the_other_member("");
  auto source = main_server().connect();
  auto target = ci_server().connect();
  for (auto* side : {&source, &target}) {
    run(*side, "DROP SCHEMA IF EXISTS pgcleave CASCADE");
    REQUIRE(fence::install(*side, {"ci", "main", "ci"}, soon()));
    REQUIRE(fence::pass_ownership(*side, "ci", Owner::source, Owner::nobody, "a run", 1, soon()));
  }
  TwoSides sides(main_server(), ci_server());
  const Json on_target{{"on", "target"}};
  patroni::Member member;
  member.name = "main-2";
  sides.world.pending_release = PendingRelease{Owner::source, {{member}}, *postgres::current_lsn(source, soon())};
  const auto refused = sides.apply("ownership.take", on_target, std::chrono::milliseconds(50));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::failed);
  CHECK(refused.error().seen == "not by main-2");
  CHECK(fence::owner(target, "ci", soon()).value() == Owner::nobody);

  sides.world.pending_release->members.clear();
  CHECK(sides.apply("ownership.take", on_target, std::chrono::seconds(5)));
  CHECK(fence::owner(target, "ci", soon()).value() == Owner::target);
  for (auto* side : {&source, &target}) run(*side, "DROP SCHEMA IF EXISTS pgcleave CASCADE");
}

TEST_CASE("where the leader can't be asked its members tell whether they have the release") {
  TwoSides sides(postgres::test::free_port(), ci_server().port());
  patroni::Member member;
  member.name = "main-2";
  member.host = "127.0.0.1";
  member.port = ci_server().port();
  const PendingRelease release{Owner::source, {{member}}, {}};
  const auto waited = [&] {
    return wait_until_released(sides.world, release, Deadline::in(std::chrono::milliseconds(600)), nullptr).has_value();
  };
  owner_on_the_other_member("1");
  CHECK_FALSE(waited());
  owner_on_the_other_member("0");
  CHECK(waited());
  owner_on_the_other_member("");
}

TEST_CASE("a member that says something else than its leader makes ownership not durable") {
  auto source = main_server().connect();
  run(source, "DROP SCHEMA IF EXISTS pgcleave CASCADE");
  REQUIRE(fence::install(source, {"ci", "main", "ci"}, soon()));
  owner_on_the_other_member("1");
  TwoMembers same(ci_server().port());
  CHECK(not_durable_on(same.sides.world, same.sides.world.source, soon())->empty());
  const auto durable = same.sides.observe("ownership.durable", {{"on", "source"}, {"durable", "members"}});
  REQUIRE(durable);
  CHECK(durable->state == State::done);
  CHECK_FALSE(durable->lasting);  // a member may come that is behind
  owner_on_the_other_member("2");
  TwoMembers it(ci_server().port());
  CHECK(*not_durable_on(it.sides.world, it.sides.world.source, soon()) ==
        std::vector<std::string>{"main-2 says target"});
  CHECK(wait_until_durable(it.sides.world, it.sides.world.source, Deadline::in(std::chrono::milliseconds(50)), nullptr)
            .size() == 1);
  TwoMembers away(postgres::test::free_port());
  const auto silent = not_durable_on(away.sides.world, away.sides.world.source, soon());
  REQUIRE(silent->size() == 1);
  CHECK(silent->front().find("main-2 can't be asked") == 0);
  owner_on_the_other_member("");
  run(source, "DROP SCHEMA IF EXISTS pgcleave CASCADE");
}

TEST_CASE(
    "a wait for members is ended by who asks to stop, which is no answer; when its time is up it names who is late") {
  TwoMembers it(ci_server().port());
  StopFlag stop;
  const auto wait = [&] {
    return wait_until_flushed_by_members(it.sides.world.source, Deadline::in(std::chrono::milliseconds(300)), &stop);
  };
  const auto late = wait();
  REQUIRE(late);
  CHECK(*late == std::vector<std::string>{"main-2"});
  stop.request();
  const auto stopped = wait();
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().kind == ErrorKind::interrupted);
}

}  // namespace pgcleave::steps::test
