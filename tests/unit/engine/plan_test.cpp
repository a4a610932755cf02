// What a plan says of steps that it can't look at, that need nothing, or that are still waiting for others.
#include "engine/plan.h"

#include "a_run.h"

namespace pgcleave::engine {
namespace {

const Json nothing_known{{"params", Json::object()}, {"env", Json::object()}};

std::map<std::string, PlannedStep> planned(const runbook::Runbook& runbook, const Json& scope = nothing_known,
                                           Direction direction = Direction::forward) {
  auto world = ARun::world();
  std::map<std::string, PlannedStep> by_id;
  for (auto& step : plan(runbook, scope, world, direction)) by_id.emplace(step.id, step);
  return by_id;
}

const std::string full = "params:\n  full: {type: boolean, default: false, help: all of it}\n";

}  // namespace

TEST_CASE("a plan tells a step that needs nothing from one that will be skipped and one that is to be done") {
  ARun run(head + full + "prepare:\n" + make("a") + make("b", ", when: \"${params.full}\"") +
           make("c", ", when: \"${params.full} == false\""));
  std::ofstream(run.file("a")) << "mine\n";
  const auto steps = planned(run.runbook(), {{"params", {{"full", false}}}, {"env", Json::object()}});
  CHECK(steps.at("a").state == PlannedState::done);
  CHECK(steps.at("a").effects.empty());
  CHECK(steps.at("b").state == PlannedState::skipped);
  CHECK(steps.at("b").evidence == "not: ${params.full}");
  CHECK(steps.at("b").effects.empty());
  CHECK(steps.at("c").state == PlannedState::pending);
  CHECK(steps.at("c").effects.size() == 1);
  CHECK_FALSE(run.has("c"));
}

TEST_CASE("a plan says which parameter is unknown and which step kind does not exist, and shows the rest") {
  ARun run(head + "params:\n  word: {type: text, default: tree, help: what to write}\n" + "prepare:\n" +
           line("a", "echo ${params.word}") + make("b") + make("c", ", when: \"${params.word} == tree\""));
  auto runbook = run.runbook();
  runbook.phases[0].steps[1].uses = "moon.rise";
  const auto steps = planned(runbook);
  CHECK(steps.at("a").state == PlannedState::unknown);
  CHECK(steps.at("a").evidence.find("params.word") != std::string::npos);
  CHECK(steps.at("b").state == PlannedState::unknown);
  CHECK(steps.at("b").evidence == "no such step kind");
  CHECK(steps.at("c").state == PlannedState::pending);  // whether it will be skipped can't be told
  CHECK(steps.at("c").effects.size() == 1);
}

TEST_CASE("a plan says of a side that can't be asked why, and announces what can be announced") {
  ARun run(head + "prepare:\n  - {id: lsn, uses: postgres.check_branch, with: {on: target, lsn: 0/1}}\n" +
           "  - {id: promote, uses: patroni.promote, with: {cluster: target}}\n" + make("a"));
  const auto steps = planned(run.runbook());
  REQUIRE(steps.at("lsn").unseen);
  CHECK(steps.at("lsn").state == PlannedState::pending);
  CHECK(steps.at("lsn").evidence == steps.at("lsn").unseen->text());
  CHECK(steps.at("promote").unseen);
  // After a promotion what is seen now says nothing.
  CHECK(steps.at("a").state == PlannedState::later);
  CHECK(steps.at("a").evidence.empty());
  CHECK(steps.at("a").effects.size() == 1);
}

TEST_CASE("a step that waits for another one's output is planned for later, with the output's name in its effect") {
  ARun run(head + "prepare:\n" + gate("go") + line("a", "echo hello ${go.by}") +
           "  - {id: b, uses: postgres.check_branch, with: {on: target, lsn: '${go.words}'}}\n" +
           "  - {id: c, uses: run.command, with: {argv: ['<', x.y], check: ['true']}}\n");
  const auto steps = planned(run.runbook());
  REQUIRE(steps.at("a").effects.size() == 1);
  CHECK(steps.at("a").effects[0].find("hello <go.by>") != std::string::npos);
  CHECK(steps.at("b").state == PlannedState::later);
  CHECK_FALSE(steps.at("b").unseen);
  CHECK(steps.at("c").state == PlannedState::done);
}

TEST_CASE("the rollback is planned as what comes later, with what the forward phases will have told") {
  ARun run(head + "gate:\n" + gate("go") + window(make("split")) + "rollback:\n  then:\n" + "  " +
           line("back", "echo ${go.by}") + "  " + make("again"));
  const auto steps = planned(run.runbook(), nothing_known, Direction::back);
  CHECK(steps.size() == 2);
  CHECK(steps.at("back").phase == runbook::PhaseKind::rollback_then);
  CHECK(steps.at("back").state == PlannedState::later);
  CHECK(steps.at("back").effects.at(0).find("<go.by>") != std::string::npos);
  auto known = nothing_known;
  known["go"] = {{"by", "ann"}};
  CHECK(planned(run.runbook(), known, Direction::back).at("back").effects.at(0).find("echo ann") != std::string::npos);
}

}  // namespace pgcleave::engine
