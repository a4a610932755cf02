#include <catch2/catch.hpp>

#include "member.h"
#include "patroni/cluster.h"

using namespace pgcleave;
using namespace pgcleave::patroni;

namespace {

Deadline before_long() {
  return Deadline::in(std::chrono::seconds(2));
}

Member at(const StandIn& stand_in) {
  Member member;
  member.name = "ci-2";
  member.rest_url = stand_in.url() + "/patroni";  // as GET /cluster says it
  return member;
}

Result<void> told_to(const std::string& raw_answer) {
  const StandIn member([&](const Request&) { return raw_answer; });
  return reinitialize({}, at(member), before_long());
}

}  // namespace

TEST_CASE("a member is told to copy its leader anew at its own address, and forced") {
  const StandIn member([](const Request&) { return answer(200, "reinitialize started"); });
  REQUIRE(reinitialize({}, at(member), before_long()));
  REQUIRE(member.requests().size() == 1);
  CHECK(member.requests()[0].method == "POST");
  CHECK(member.requests()[0].path == "/reinitialize");
  CHECK(Json::parse(member.requests()[0].body) == Json{{"force", true}});
}

TEST_CASE("what a member answers to it is told apart: begun, under way, not now, not you, and nobody knows") {
  CHECK(told_to(answer(503, "reinitialize already in progress")));
  const auto leader = told_to(answer(503, "I am the leader, can not reinitialize"));
  REQUIRE_FALSE(leader);
  CHECK(leader.error().kind == ErrorKind::not_ready);
  CHECK(leader.error().seen == "503 I am the leader, can not reinitialize");
  const auto stranger = told_to(answer(401, "no auth header received"));
  REQUIRE_FALSE(stranger);
  CHECK(stranger.error().kind == ErrorKind::failed);
  CHECK(stranger.error().hint.find("basic auth") != std::string::npos);
  const auto lost = told_to("");
  REQUIRE_FALSE(lost);
  CHECK(lost.error().kind == ErrorKind::unknown);
}

TEST_CASE("a member's own Patroni says what it does at this moment") {
  const StandIn member(
      [](const Request&) { return answer(200, R"({"state": "creating replica", "role": "replica"})"); });
  const auto state = state_of({}, at(member), before_long());
  REQUIRE(state);
  CHECK(*state == being_copied);
  const StandIn garbage([](const Request&) { return answer(200, "[]"); });
  CHECK_FALSE(state_of({}, at(garbage), before_long()));
}
