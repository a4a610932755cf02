#include <catch2/catch.hpp>

#include "app/approve.h"

using namespace pgcleave;
using namespace pgcleave::app;

namespace {

runbook::Runbook with_a_gate() {
  runbook::Runbook runbook;
  runbook.name = "short";
  runbook.phases.emplace_back(runbook::PhaseKind::gate);
  auto& steps = runbook.phases.front().steps;
  steps.resize(2);
  steps[0].id = "watch-lag";
  steps[0].uses = "check.lag";
  steps[1].id = "sure";
  steps[1].uses = "gate.approve";
  return runbook;
}

}  // namespace

TEST_CASE("what is approved beforehand is a gate of the runbook") {
  const auto runbook = with_a_gate();
  CHECK(asks_for_these(runbook, {}));
  CHECK(asks_for_these(runbook, {"sure", "sure=give it up"}));
  const auto asks_nobody = asks_for_these(runbook, {"sure", "watch-lag"});
  REQUIRE_FALSE(asks_nobody);
  CHECK(asks_nobody.error().text() ==
        "--approve watch-lag: is a step (check.lag) that asks nobody (expected sure)\n  correct it, or leave it out");
  const auto unknown = asks_for_these(runbook, {"sur"});
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().hint == "did you mean sure?");
}

TEST_CASE("on production nothing is approved beforehand") {
  config::Environment environment;
  environment.name = "live";
  environment.production = false;
  CHECK(may_approve_beforehand(environment, {"sure"}));
  environment.production = true;
  CHECK(may_approve_beforehand(environment, {}));
  const auto refused = may_approve_beforehand(environment, {"sure"});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::invalid);
}
