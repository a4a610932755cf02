#include "patroni/cluster.h"

#include <catch2/catch.hpp>

#include "member.h"
#include "patroni/answers.h"

using namespace pgcleave;
using namespace pgcleave::patroni;

namespace {

Deadline soon() {
  return Deadline::in(std::chrono::seconds(3));
}

const char* const two_members = R"({"members": [
  {"name": "ci-1", "role": "standby_leader", "state": "running", "api_url": "http://10.9.9.9:8008/patroni",
   "host": "10.0.0.1", "port": 5433, "timeline": 3},
  {"name": "ci-2", "role": "quorum_standby", "state": "streaming", "api_url": "http://10.9.9.8:8008/patroni",
   "host": "10.0.0.2", "lag": "unknown"}], "pause": true, "something": "new"})";

// What a healthy member says; `leads` decides GET /leader, `patch` the answer to PATCH.
StandIn::Handler member(bool leads, const std::string& patch = answer(200, "{\"ttl\": 30}"),
                        const std::string& cluster = two_members) {
  return [=](const Request& request) {
    if (request.method == "PATCH") return patch;
    if (request.path == "/leader") return answer(leads ? 200 : 503, "{}");
    if (request.path == "/cluster") return answer(200, cluster);
    if (request.path == "/config") return answer(200, "{\"ttl\": 30, \"standby_cluster\": {\"host\": \"10.0.0.3\"}}");
    return answer(200,
                  R"({"state": "running", "role": "standby_leader", "patroni": {"version": "3.0.2", "scope": "ci"}})");
  };
}

Cluster cluster_of(std::vector<std::string> members) {
  Access access;
  access.members = std::move(members);
  return {"target", access};
}

std::string nowhere() {
  return "http://127.0.0.1:" + std::to_string(free_port());
}

int patches(const StandIn& member) {
  int count = 0;
  for (const auto& request : member.requests()) count += request.method == "PATCH" ? 1 : 0;
  return count;
}

}  // namespace

TEST_CASE("the first member that answers tells what the cluster is") {
  const StandIn up(member(false));
  auto cluster = cluster_of({nowhere(), up.url()});
  const auto view = cluster.view(soon());
  REQUIRE((view ? "" : view.error().text()) == "");
  CHECK(view->scope == "ci");
  CHECK(view->paused);
  REQUIRE(view->members.size() == 2);
  CHECK(view->members[1].role == Role::sync_standby);
  CHECK(view->members[1].port == 5432);
  REQUIRE(view->leader() != nullptr);
  CHECK(view->leader()->name == "ci-1");
  CHECK(view->leader()->role == Role::standby_leader);
  CHECK(view->leader()->port == 5433);
  CHECK(view->leader()->timeline == 3);
  CHECK(cluster.side() == "target");
}

TEST_CASE("a silent member leaves time for the others") {
  const StandIn silent([](const Request&) { return StandIn::silence; });
  const StandIn up(member(false));
  auto cluster = cluster_of({silent.url(), up.url()});
  CHECK(cluster.view(Deadline::in(std::chrono::milliseconds(600))).has_value());
}

TEST_CASE("garbage is an error that names the member and shows the start of what it said") {
  for (const auto* said : {"<html>", "[]", "{}", "{\"members\": 3}", "{\"members\": [1]}",
                           "{\"members\": [{\"role\": \"leader\"}]}", ""}) {
    INFO(said);
    const StandIn up(member(true, answer(200, "{}"), said));
    const auto view = cluster_of({up.url()}).view(soon());
    REQUIRE_FALSE(view.has_value());
    CHECK(view.error().kind == ErrorKind::unknown);
    CHECK(view.error().text().find(up.url()) != std::string::npos);
  }
  const StandIn up(member(true, answer(200, "{}"), "<" + std::string(5000, 'x')));
  CHECK(cluster_of({up.url()}).view(soon()).error().text().size() < 500);
  CHECK(cluster_of({}).view(soon()).error().text().find("no member") != std::string::npos);
}

TEST_CASE("a DCS that can't be read is named as such") {
  const StandIn down([](const Request&) { return answer(502, "Bad Gateway"); });
  CHECK(cluster_of({down.url()}).config(soon()).error().text().find("DCS") != std::string::npos);
}

TEST_CASE("the patch goes to the configured address of the leader, not to the one that Patroni would give") {
  const StandIn replica(member(false));
  const StandIn leader(member(true));
  auto cluster = cluster_of({replica.url(), leader.url()});
  REQUIRE(cluster.warm(soon()).has_value());
  const auto before = leader.requests().size();
  const auto patched = cluster.patch_config(Json{{"standby_cluster", nullptr}}, soon());
  REQUIRE(patched.has_value());
  CHECK((*patched)["ttl"] == 30);
  CHECK(patches(replica) == 0);
  CHECK(leader.requests().size() == before + 1);  // warm: no look-up in the window
  CHECK(leader.requests().back().body == "{\"standby_cluster\":null}");
}

TEST_CASE("a leader whose address is not configured is reached by its api_url") {
  const StandIn leader(member(true));
  const auto names_leader =
      std::string(two_members).replace(std::string(two_members).find("http://10.9.9.9:8008"), 20, leader.url());
  const StandIn replica(member(false, answer(200, "{}"), names_leader));
  auto cluster = cluster_of({replica.url()});
  REQUIRE(cluster.patch_config(Json::object(), soon()).has_value());
  CHECK(patches(leader) == 1);
}

TEST_CASE("a leader that went away before the patch was sent is looked for again") {
  auto first = std::make_unique<StandIn>(member(true));
  const StandIn second(member(true));
  auto cluster = cluster_of({first->url(), second.url()});
  REQUIRE(cluster.warm(soon()).has_value());
  first.reset();
  CHECK(cluster.patch_config(Json::object(), soon()).has_value());
  CHECK(patches(second) == 1);
}

TEST_CASE("what a patch's answer means") {
  const auto outcome = [](const std::string& raw) {
    const StandIn leader(member(true, raw));
    return cluster_of({leader.url()}).patch_config(Json::object(), soon());
  };
  CHECK(outcome(answer(200, "{}")).has_value());
  CHECK(outcome(answer(200, "oops")).error().kind == ErrorKind::unknown);
  CHECK(outcome(answer(409, "Conflict")).error().kind == ErrorKind::unknown);
  CHECK(outcome(answer(409, "Conflict")).error().code == "409");
  CHECK(outcome(answer(500, "")).error().kind == ErrorKind::unknown);
  CHECK(outcome("").error().kind == ErrorKind::unknown);
  CHECK(outcome("").error().code.empty());  // no status came
  CHECK(outcome("").error().hint.find("read it again: curl http") == 0);
  CHECK(outcome(answer(400, "")).error().kind == ErrorKind::failed);
  CHECK(outcome(answer(503, "")).error().kind == ErrorKind::failed);
  CHECK(outcome(answer(401, "no auth header received")).error().kind == ErrorKind::failed);
  CHECK(outcome(answer(401, "no auth header received")).error().hint.find("basic auth") != std::string::npos);
  CHECK(outcome(answer(403, "Access is denied")).error().hint.find("restapi.allowlist") != std::string::npos);
  CHECK(outcome(answer(403, "client certificate required")).error().hint.find("patroni.cert ") != std::string::npos);
}

TEST_CASE("an unknown outcome of a patch is not tried again by itself") {
  const StandIn leader(member(true, ""));
  auto cluster = cluster_of({leader.url()});
  REQUIRE(cluster.warm(soon()).has_value());
  CHECK_FALSE(cluster.patch_config(Json::object(), soon()).has_value());
  CHECK(patches(leader) == 1);
}

TEST_CASE("each obstacle to a promotion is told") {
  const auto config = Json::parse(R"({"standby_cluster": {"host": "x"}, "postgresql": {}})");
  const auto view = [](const std::string& text) { return read_view("url", Json::parse(text)).value(); };
  const auto found = [&](const std::string& cluster, const Json& with_config, const Json& status) {
    return obstacles(Json::parse(cluster), view(cluster), with_config, status);
  };
  const std::string fine = R"({"members": [{"name": "a", "role": "standby_leader", "state": "streaming"}]})";
  CHECK(found(fine, config, Json::object()).empty());

  const auto one = [&](const std::string& cluster, const Json& with_config, const Json& status,
                       const std::string& word) {
    const auto all = found(cluster, with_config, status);
    INFO(word);
    REQUIRE(all.size() == 1);
    CHECK(all[0].find(word) != std::string::npos);
  };
  one(fine.substr(0, fine.size() - 1) + ", \"pause\": true}", config, {}, "paused");
  one(fine.substr(0, fine.size() - 1) + ", \"scheduled_switchover\": {\"at\": \"x\"}}", config, {}, "switchover");
  one(R"({"members": [{"name": "a", "role": "replica", "state": "streaming"}]})", config, {}, "no standby leader");
  one(R"({"members": [{"name": "a", "role": "leader", "state": "running"}]})", config, {}, "promoted already");
  one(R"({"members": [{"name": "a", "role": "standby_leader", "state": "starting"}]})", config, {}, "starting");
  one(fine, Json::parse(R"({"standby_cluster": null})"), {}, "standby_cluster");
  one(fine, Json::parse(R"({"standby_cluster": {}, "synchronous_mode_strict": "on"})"), {}, "synchronous_mode_strict");
  one(fine, Json::parse(R"({"standby_cluster": {}, "postgresql": {"pre_promote": "/bin/x"}})"), {}, "pre_promote");
  one(fine, config, Json::parse(R"({"cluster_unlocked": true})"), "leader key");
  one(fine, config, Json::parse(R"({"failsafe_mode_is_active": true})"), "DCS");
  one(fine, config, Json::parse(R"({"watchdog_failed": true})"), "watchdog");
}
