#include <catch2/catch.hpp>

#include "postgres/server.h"
#include "steps/check/judging.h"
#include "steps/registry.h"
#include "steps/two_sides.h"

using namespace pgcleave;
using namespace pgcleave::checks;
using namespace pgcleave::steps;
using namespace pgcleave::world;

namespace {

const steps::StepKind& kind(const char* name) {
  offer_step_kinds();
  const auto* found = steps::find(name);
  REQUIRE(found != nullptr);
  return *found;
}

// Both sides down. What a step tells is kept.
struct Nobody {
  Nobody() {
    config::Environment environment;
    environment.name = "lab";
    environment.path = "lab.yml";
    environment.source.scope = "main";
    environment.target.scope = "ci";
    for (auto* side : {&environment.source, &environment.target}) side->patroni.members = {"http://127.0.0.1:1"};
    config::Split split;
    split.name = "ci";
    world.emplace(world::unopened_world(environment, split));
    world->progress = world::Progress([this](const std::string& text) { told.push_back(text); });
  }
  steps::Context context(const Json& with) {
    return {*world, "step", with, Deadline::in(std::chrono::seconds(5)), nullptr};
  }

  std::optional<world::World> world;
  std::vector<std::string> told;
};

Finding one(const char* id, Severity severity) {
  return {id, severity, "bouncer b1", "it is paused\nby somebody", "SHOW DATABASES", "clients wait", "RESUME app"};
}

bool is_in(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a finding is one line with severity, id, object, evidence and fix") {
  CHECK(in_a_line(one("topology.bouncer_paused", Severity::blocker)) ==
        "blocker topology.bouncer_paused: bouncer b1: it is paused; by somebody; fix: RESUME app");
}

TEST_CASE("blockers stop a run with all ids, warnings are told and let it go on") {
  Nobody nobody;
  const Json with = Json::object();
  auto context = nobody.context(with);
  const Findings warnings{one("a.warning", Severity::warning), one("a.note", Severity::note)};
  const auto seen = observed(context, warnings);
  CHECK(seen.state == steps::State::done);
  CHECK(seen.outputs == Json({{"blockers", 0}, {"warnings", 1}, {"notes", 1}}));
  REQUIRE(nobody.told.size() == 1);
  CHECK(is_in(nobody.told.front(), "warning a.warning"));

  nobody.told.clear();
  const Findings blockers{one("a.first", Severity::blocker), one("a.warning", Severity::warning),
                          one("a.second", Severity::blocker)};
  CHECK(observed(context, blockers).state == steps::State::pending);
  CHECK(nobody.told.size() == 1);  // the warning
  nobody.told.clear();
  const auto refusal = judged(context, blockers);
  REQUIRE_FALSE(refusal);
  CHECK(refusal.error().kind == ErrorKind::not_ready);
  CHECK(is_in(refusal.error().text(), "a.first, a.second"));
  CHECK_FALSE(is_in(refusal.error().text(), "a.warning"));
  REQUIRE(nobody.told.size() == 2);
  CHECK(is_in(nobody.told[0], "blocker a.first"));
  CHECK(is_in(nobody.told[1], "blocker a.second"));
}

TEST_CASE("a blocker that is accepted by its id is told and does not stop, another one does") {
  Nobody nobody;
  const Json with{{"accept", {"a.first"}}};
  auto context = nobody.context(with);
  CHECK(observed(context, {one("a.first", Severity::blocker)}).state == steps::State::done);
  REQUIRE(nobody.told.size() == 1);
  CHECK(is_in(nobody.told.front(), "accepted: blocker a.first"));
  CHECK(in_the_way(context, {one("a.first", Severity::blocker), one("a.second", Severity::blocker)}).size() == 1);
  const Json sessions{{"allow_session_pooling", true}};
  CHECK(in_the_way(nobody.context(sessions), {one("topology.bouncer_pools_by_session", Severity::blocker)}).empty());
  const Json strict{{"stop_at", "warning"}};
  CHECK(in_the_way(nobody.context(strict), {one("a.warning", Severity::warning)}).size() == 1);
}

TEST_CASE("a step says what the families are asked: budget, and who serves") {
  Nobody nobody;
  const Json with{{"budget", "3s"}, {"serving", "source"}, {"target", "promoted"}};
  const auto asked = asked_by(nobody.context(with));
  REQUIRE(asked);
  CHECK(asked->budget == Duration(std::chrono::seconds(3)));
  REQUIRE(asked->expected);
  CHECK(asked->expected->serving == fence::Owner::source);
  CHECK(asked->expected->target_promoted);
  const Json silent{{"serving", "any"}};
  CHECK_FALSE(asked_by(nobody.context(silent))->expected);
  const Json wrong{{"families", {"topolgy"}}};
  auto context = nobody.context(wrong);
  const auto refusal = kind("check.readiness").observe(context);
  REQUIRE_FALSE(refusal);
  CHECK(refusal.error().kind == ErrorKind::invalid);
}

TEST_CASE("the kinds that judge find what `check` finds, by the same ids") {
  Nobody nobody;
  const Json with{{"serving", "source"}, {"families", {"topology", "settings"}}};
  auto context = nobody.context(with);
  const auto topology = kind("check.topology").observe(context);
  REQUIRE(topology);
  CHECK(topology->state == steps::State::pending);
  CHECK(is_in(topology->evidence, "blocker topology.cluster_unreachable: source main"));
  CHECK(is_in(topology->evidence, "blocker topology.cluster_unreachable: target ci"));
  CHECK(is_in(topology->evidence, "schema.not_checked"));
  const auto refusal = kind("check.settings").apply(context, Json::object());
  REQUIRE_FALSE(refusal);
  CHECK(is_in(refusal.error().text(), "settings.not_checked, schema.not_checked, workload.not_checked"));
  nobody.told.clear();
  const auto at_once = kind("check.topology").apply(context, topology->before);
  REQUIRE_FALSE(at_once);
  CHECK(is_in(at_once.error().text(), "topology.cluster_unreachable, topology.cluster_unreachable"));
  CHECK(nobody.told.size() == topology->before.at("in_the_way").size());
  const auto readiness = kind("check.readiness").observe(context);
  REQUIRE(readiness);
  CHECK(is_in(readiness->evidence, "settings.not_checked"));
  CHECK_FALSE(is_in(readiness->evidence, "schema."));
}

TEST_CASE("only a stale half is looked at for what uses it: what a side serves is refused before anybody is asked") {
  Nobody nobody;
  for (const auto& [on, which] : {std::pair{"source", "kept"}, std::pair{"target", "moved"}}) {
    const Json with{{"on", on}, {"which", which}};
    auto context = nobody.context(with);
    const auto refusal = kind("check.truncation").observe(context);
    REQUIRE_FALSE(refusal);
    CHECK(refusal.error().kind == ErrorKind::invalid);
  }
}

TEST_CASE("a server whose WAL level is logical is not told that it is another") {
  using postgres::test::ci_server;
  using postgres::test::main_server;
  steps::test::TwoSides sides(main_server(), ci_server());
  auto& world = sides.world;
  world.environment.source = world.source.access();
  world.environment.target = world.target.access();
  world.split_file.name = "ci";
  const auto found = [&] {
    const Json with = Json::object();
    steps::Context context{world, "step", with, Deadline::in(std::chrono::seconds(20)), nullptr};
    return findings_for(context, {"settings"});
  }();
  REQUIRE(found);
  for (const auto& finding : *found) {
    CHECK(finding.id != "settings.wal_level");
    CHECK(finding.id != "settings.not_checked");
  }
}
