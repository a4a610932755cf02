#include "patroni/inspection.h"

#include <catch2/catch.hpp>

#include "member.h"

using namespace pgcleave;
using namespace pgcleave::patroni;

namespace {

StandIn::Handler a_member(const std::string& status, const std::string& cluster, const std::string& config) {
  return [=](const Request& request) {
    if (request.path == "/cluster") return answer(200, cluster);
    if (request.path == "/config") return answer(200, config);
    return answer(200, status);
  };
}

Inspection inspected(std::vector<std::string> members) {
  Access access;
  access.members = std::move(members);
  return inspect(access, Deadline::in(std::chrono::seconds(3)));
}

const char* const one_member =
    R"({"members": [{"name": "ci-1", "role": "standby_leader", "state": "running"},
        {"name": "ci-2", "role": "replica", "state": "running", "lag": 17, "scheduled_restart": {"schedule": "2037"}},
        {"name": "ci-3", "role": "replica", "state": "stopped", "lag": "unknown"}],
        "scheduled_switchover": {"at": "2037"}})";

}  // namespace

TEST_CASE("each address tells of itself, and the first that answers tells of the cluster") {
  const StandIn one(a_member(R"({"server_version": 150020, "dcs_last_seen": 99, "cluster_unlocked": true,
    "patroni": {"version": "3.0.2", "scope": "ci"}})",
                             one_member, R"({"pause": "on"})"));
  const StandIn other(a_member(
      R"({"failsafe_mode_is_active": true, "watchdog_failed": true, "patroni": {"version": "4.0.1", "scope": "main"}})",
      one_member, "{}"));
  const auto seen = inspected({"http://127.0.0.1:" + std::to_string(free_port()), one.url(), other.url()});
  REQUIRE(seen.error.empty());
  REQUIRE(seen.addresses.size() == 3);
  CHECK_FALSE(seen.addresses[0].error.empty());
  CHECK(seen.addresses[1].scope == "ci");
  CHECK(seen.addresses[1].server_version == 150020);
  CHECK(seen.addresses[1].dcs_seen_s == 99);
  CHECK(seen.addresses[1].without_leader_key);
  CHECK(seen.addresses[2].failsafe);
  CHECK(seen.addresses[2].watchdog_failed);
  CHECK(seen.addresses[2].version == "4.0.1");
  CHECK(seen.view.scope == "ci");
  CHECK(seen.view.paused);
  CHECK(seen.switchover_scheduled);
  REQUIRE(seen.view.members.size() == 3);
  CHECK(seen.view.members[1].lag == 17);
  CHECK(seen.view.members[1].restart_scheduled);
  CHECK_FALSE(seen.view.members[2].lag.has_value());
}

TEST_CASE("a cluster of which nobody answers says why") {
  CHECK_FALSE(inspected({"http://127.0.0.1:" + std::to_string(free_port())}).error.empty());
  CHECK_FALSE(inspected({}).error.empty());
}

TEST_CASE("a standby's slot is named as Patroni names it, and null is no name") {
  CHECK(patroni::slot_of_standby({{"primary_slot_name", "ci-cluster"}}) == "ci_cluster");
  CHECK(patroni::slot_of_standby({{"primary_slot_name", "Ci.Main"}}) == "ci_main");
  CHECK(patroni::slot_of_standby({{"primary_slot_name", "a b"}}) == "au0032b");
  CHECK(patroni::slot_of_standby({{"primary_slot_name", nullptr}}) == "");
  CHECK(patroni::slot_of_standby(Json::object()) == "");
}

TEST_CASE("keys without a value go, at any depth, and all others stay") {
  const Json config{{"host", "a,b"},
                    {"port", "5432,5433"},
                    {"primary_slot_name", nullptr},
                    {"more", {{"x", nullptr}, {"y", {1, nullptr}}}}};
  CHECK(patroni::without_nulls(config) ==
        Json{{"host", "a,b"}, {"port", "5432,5433"}, {"more", {{"y", {1, nullptr}}}}});
  CHECK(patroni::without_nulls(Json()).is_null());
}
