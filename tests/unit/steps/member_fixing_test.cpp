#include "steps/patroni/member_fixing.h"

#include "target_of_two.h"

namespace pgcleave::steps::test {
using namespace pgcleave::world;
namespace {

using namespace std::chrono_literals;
using pgcleave::postgres::test::main_server;
using pgcleave::postgres::test::Server;

constexpr const char* stale_file = "00000002.history";

struct Stale {
  explicit Stale(TargetOfTwo& target) {
    TargetOfTwo::plant(second, stale_file);
    target.second_moves_to(second.port());
  }
  Server second{"ci", main_server()};
};

// Its loop_wait is one second: a member is given four.
Json brought(TargetOfTwo& it, Duration time, const Json& with = Json::object()) {
  Context context{it.sides.world, "reattach", with, Deadline::in(time), nullptr};
  const auto done = bring_members_along(context, it.target());
  REQUIRE(done);
  INFO(it.told);
  return *done;
}

Json list_of(std::initializer_list<const char*> all) {
  return Json(std::vector<std::string>(all.begin(), all.end()));
}

bool tells(const Json& list, const std::string& part) {
  return list.size() == 1 && list.at(0).get<std::string>().find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a cluster whose members follow is left as it is") {
  const Server second("ci", main_server());
  TargetOfTwo it(second.port());
  const auto done = brought(it, 20s);
  CHECK(done == Json{{"reinitialized", Json::array()}, {"left_behind", Json::array()}});
  CHECK(it.reinitialized() == 0);
}

TEST_CASE("a member with a stale history is reinitialized by Patroni, once, and waited for until it follows") {
  const Server copy("ci", main_server());
  TargetOfTwo it(copy.port());
  const Stale member(it);
  it.on_reinitialize = [&] {
    it.second_moves_to(copy.port());
    return patroni::answer(200, "reinitialize started");
  };
  const auto done = brought(it, 30s);
  CHECK(done == Json{{"reinitialized", list_of({"ci-2"})}, {"left_behind", Json::array()}});
  CHECK(it.reinitialized() == 1);
  CHECK(it.told.find("Patroni copies it anew") != std::string::npos);
}

TEST_CASE("an order to reinitialize that nobody answered is not sent again while Patroni copies") {
  const Server copy("ci", main_server());
  TargetOfTwo it(copy.port());
  const Stale member(it);
  it.on_reinitialize = [&] {
    it.second_says("creating replica");
    return std::string();
  };
  const auto done = brought(it, 16s);
  CHECK(it.reinitialized() == 1);
  CHECK(tells(done.at("left_behind"), "patronictl list ci shows when it streams"));
}

TEST_CASE(
    "a member that Patroni does not reinitialize in time is told with what it said and the command that fixes it") {
  TargetOfTwo it(1);
  const Stale member(it);
  it.on_reinitialize = [] { return patroni::answer(503, "restarting after failure already in progress"); };
  const auto done = brought(it, 12s);
  CHECK(it.reinitialized() > 0);
  CHECK(done.at("reinitialized").empty());
  CHECK(tells(done.at("left_behind"), "fix it with: patronictl reinit ci ci-2"));
  CHECK(tells(done.at("left_behind"), "restarting after failure already in progress"));
}

TEST_CASE("nobody is reinitialized who leads, or where the step says never, or who can't be asked") {
  TargetOfTwo it(1);
  const Stale member(it);
  const auto never = brought(it, 30s, {{"reclone", "never"}});
  CHECK(tells(never.at("left_behind"), stale_file));

  it.second_moves_to(postgres::test::free_port());
  CHECK(tells(brought(it, 30s).at("left_behind"), "can't be asked"));

  const Server healthy("ci", main_server());
  it.second_moves_to(healthy.port());
  TargetOfTwo::plant(it.first, stale_file);
  CHECK(tells(brought(it, 30s).at("left_behind"), "member ci-1 of target ci has 00000002.history"));
  CHECK(it.reinitialized() == 0);
}

TEST_CASE("who looks at an attached cluster says which member does not follow, and never that it is done") {
  TargetOfTwo it(1);
  const Stale member(it);
  const Json with = Json::object();
  Context context{it.sides.world, "reattach", with, postgres::test::soon(), nullptr};
  Observation attached;
  attached.state = State::done;
  attached.evidence = "it streams";
  const auto seen = observe_members(context, it.target(), attached);
  CHECK(seen.state == State::pending);
  CHECK_FALSE(seen.lasting);
  CHECK(seen.evidence.find("it streams; ci-2 has 00000002.history") == 0);
  const Server healthy("ci", main_server());
  it.second_moves_to(healthy.port());
  CHECK(observe_members(context, it.target(), attached).state == State::done);
  attached.state = State::pending;
  CHECK(observe_members(context, it.target(), attached).lasting);
}

}  // namespace pgcleave::steps::test
