#include <catch2/catch.hpp>

#include "checks/topology/moment.h"
#include "two_clusters.h"

using namespace pgcleave;
using namespace pgcleave::checks;

namespace {

using fence::Owner;

Lines at_moment(const ClusterSeen& source, const ClusterSeen& target, Stage stage,
                std::optional<Expected> expected = {}) {
  return lines(judge_moment({source, target, "ci", expected}, stage));
}

const Lines other_stage{"blocker topology.another_stage target ci"};

}  // namespace

TEST_CASE("a run finds the split in the stage that its steps are made for, and who only checks expects none") {
  const Expected standby{Owner::source, false}, promoted{Owner::source, true}, split{Owner::target, false};
  for (const auto stage : {Stage::standby, Stage::promoted, Stage::split}) {
    CHECK(at_moment(a_source(), a_target(), stage).empty());
    CHECK(at_moment(a_source(), a_target(), stage, standby) == (stage == Stage::standby ? Lines{} : other_stage));
    CHECK(at_moment(a_source(), a_target(), stage, promoted) == (stage == Stage::promoted ? Lines{} : other_stage));
    CHECK(at_moment(a_source(), a_target(), stage, split) == (stage == Stage::split ? Lines{} : other_stage));
  }
  const auto found = judge_moment({a_source(), a_target(), "ci", standby}, Stage::promoted);
  CHECK(found.front().evidence ==
        "it is promoted and source main serves the moved tables; here it must be that it is a standby of source main");
  CHECK(at_moment(a_source(), a_target(), Stage::promoted_by_others, standby).empty());
  CHECK(at_moment(a_source(), a_target(), Stage::unknown, standby).empty());
}

TEST_CASE("a route to a member that does not lead is named on the side that serves") {
  auto source = a_source();
  source.route = {"10.0.0.1", 1};
  CHECK(at_moment(source, a_target(), Stage::standby).empty());
  source.route = {"10.0.0.1", 2};
  CHECK(at_moment(source, a_target(), Stage::standby) == Lines{"blocker topology.route_is_replica source main"});
  CHECK(at_moment(source, a_target(), Stage::split).empty());
  auto target = a_target();
  target.route = {"10.0.0.1", 4};
  CHECK(at_moment(a_source(), target, Stage::split) == Lines{"blocker topology.route_is_replica target ci"});
  source.route = {"10.0.0.99", 6432};  // a proxy's
  CHECK(at_moment(source, a_target(), Stage::standby).empty());
}

TEST_CASE("what an earlier run left of the reverse link is named before the split only") {
  auto source = a_source();
  source.subscriptions = {"pgcleave_ci_reverse"};
  auto target = a_target();
  target.slots.push_back({"pgcleave_ci_reverse", "pgoutput", "app", false});
  const Lines both{"blocker topology.leftover subscription pgcleave_ci_reverse on source main",
                   "blocker topology.leftover slot pgcleave_ci_reverse on target ci"};
  CHECK(at_moment(source, target, Stage::standby) == both);
  CHECK(at_moment(source, target, Stage::promoted).empty());
  CHECK(at_moment(source, target, Stage::split).empty());
  source.subscriptions = {"pgcleave_ci2_reverse"};  // another split's
  CHECK(at_moment(source, a_target(), Stage::standby).empty());
}
