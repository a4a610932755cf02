#include <catch2/catch.hpp>

#include "checks/topology/routes.h"
#include "two_clusters.h"

using namespace pgcleave;
using namespace pgcleave::checks;

namespace {

RouteSeen a_route() {
  RouteSeen seen;
  seen.database = "app";
  seen.label = "target ci";
  seen.scope = seen.cluster_name = "ci";
  seen.serving = "source main";
  seen.route = {"10.0.0.3", 5432};
  seen.in_recovery = true;
  seen.started = seen.leader_started = "noon";
  seen.pool_users = {"app", "probe"};
  seen.known_users = {"app", "batch", "console"};
  seen.here = seen.there = {
      {"app", {true, true, false, "a"}}, {"batch", {true, true, false, "b"}}, {"probe", {true, true, false, "p"}}};
  seen.logins = {{"app", {false, true, "no password supplied"}}, {"probe", {true, true, ""}}};
  return seen;
}

Lines judged(const RouteSeen& seen) {
  return lines(judge_route(seen));
}

}  // namespace

TEST_CASE("a new route that lets everybody in is silent, and so is a user whose password nobody knows") {
  CHECK(judged(a_route()).empty());
}

TEST_CASE(
    "a route on which nobody listens blocks; one that is closed at once may be a proxy that waits for the promotion") {
  auto seen = a_route();
  seen.unanswered = "connection to server at 10.0.0.3, port 5432 failed: Connection refused";
  CHECK(judged(seen) == Lines{"blocker topology.new_route_closed route 10.0.0.3:5432 to target ci"});
  seen.unanswered = "could not connect in time";
  CHECK(judged(seen) == Lines{"blocker topology.new_route_closed route 10.0.0.3:5432 to target ci"});
  seen.unanswered = "connection to server failed: server closed the connection unexpectedly";
  CHECK(judged(seen) == Lines{"warning topology.new_route_closed route 10.0.0.3:5432 to target ci"});
  seen.in_recovery = false;
  CHECK(judged(seen) == Lines{"blocker topology.new_route_closed route 10.0.0.3:5432 to target ci"});
}

TEST_CASE("a route that only the bouncers' machines know is a note") {
  auto seen = a_route();
  seen.route.host = "127.0.0.1";
  seen.from_here = false;
  seen.cluster_name = seen.started = "";
  seen.logins.clear();
  CHECK(judged(seen) == Lines{"note topology.new_route_not_seen route 127.0.0.1:5432 to target ci"});
}

TEST_CASE("a route that refuses, leads to another cluster or to another member blocks") {
  auto seen = a_route();
  seen.refused = "no pg_hba.conf entry";
  CHECK(judged(seen) == Lines{"blocker topology.new_route_refuses route 10.0.0.3:5432 to target ci"});
  seen = a_route();
  seen.cluster_name = "main";
  CHECK(judged(seen) == Lines{"blocker topology.new_route_leads_elsewhere route 10.0.0.3:5432 to target ci"});
  seen = a_route();
  seen.started = "later";
  CHECK(judged(seen) == Lines{"blocker topology.new_route_leads_to_replica route 10.0.0.3:5432 to target ci"});
  seen.leader_started = "";  // the leader was not seen
  CHECK(judged(seen).empty());
}

TEST_CASE("a user of the pool that the new side would refuse blocks, each by what is wrong with its role") {
  auto seen = a_route();
  seen.there.erase("app");
  CHECK(judged(seen) == Lines{"blocker topology.user_missing user app on target ci"});
  seen.here.erase("app");
  CHECK(judged(seen) == Lines{"warning topology.user_missing user app on target ci"});

  seen = a_route();
  seen.there["app"].may_log_in = false;
  seen.there["probe"].expired = true;
  CHECK(judged(seen) == Lines{"blocker topology.user_may_not_log_in user app on target ci",
                              "blocker topology.user_may_not_log_in user probe on target ci"});

  seen = a_route();
  seen.there["app"].may_connect = false;
  seen.there["batch"].verifier = "another";
  CHECK(judged(seen) == Lines{"blocker topology.user_may_not_connect user app on target ci",
                              "blocker topology.user_verifier_differs user batch on target ci"});

  // A role that is no superuser reads all but the verifiers. A standby has its upstream's.
  for (auto& [name, role] : seen.here) role.verifier.reset();
  for (auto& [name, role] : seen.there) role.verifier.reset();
  seen.in_recovery = true;
  CHECK(judged(seen) == Lines{"blocker topology.user_may_not_connect user app on target ci"});
  seen.in_recovery = false;
  CHECK(judged(seen) == Lines{"blocker topology.user_may_not_connect user app on target ci",
                              "note topology.user_verifiers_not_seen the pool's users on target ci"});
}

TEST_CASE("a login that was tried and refused is told, with its words, unless the role explains it") {
  auto seen = a_route();
  seen.logins["probe"].refused = "too many connections for role";
  const auto found = judge_route(seen);
  REQUIRE(lines(found) == Lines{"blocker topology.user_refused user probe on target ci"});
  CHECK(found[0].evidence == "too many connections for role");
  seen.logins["probe"].answered = false;  // then the route is the finding
  CHECK(judged(seen).empty());
  seen.logins["probe"].answered = true;
  seen.there["probe"].may_log_in = false;
  CHECK(judged(seen) == Lines{"blocker topology.user_may_not_log_in user probe on target ci"});
}

TEST_CASE("who is only known to the bouncers matters if it could log in until now") {
  auto seen = a_route();
  seen.there.erase("batch");
  CHECK(judged(seen) == Lines{"blocker topology.user_missing user batch on target ci"});
  seen.there["batch"].may_log_in = false;
  CHECK(judged(seen) == Lines{"blocker topology.user_may_not_log_in user batch on target ci"});
  seen.here["batch"].may_log_in = false;
  CHECK(judged(seen).empty());
}
