#include "engine/given_up.h"

#include <catch2/catch.hpp>

namespace pgcleave::engine {
namespace {

// The first stands for a step that compares rows, which these tests do not link.
const std::vector<std::pair<std::string, std::string>> steps{
    {"differ", "check.discarded_writes"}, {"writes", "check.discarded_writes"}, {"reattach", "patroni.reattach"}};

// What is told where these steps have these outputs.
std::string told(const std::map<std::string, Json>& outputs, runbook::PhaseKind kind) {
  runbook::Runbook definition;
  runbook::Phase phase(kind);
  RunRecord run;
  for (const auto& [id, uses] : steps) {
    runbook::StepLine line;
    line.id = id;
    line.uses = uses;
    phase.steps.push_back(line);
    if (outputs.contains(id)) run.steps[id].outputs = outputs.at(id);
  }
  definition.phases.push_back(phase);
  return given_up_in_words(definition, run, "target ci");
}

std::string told(const std::map<std::string, Json>& outputs) {
  return told(outputs, runbook::PhaseKind::rollback_gate);
}

}  // namespace

TEST_CASE("rows that differ are told beside those that only the target had, and hide nothing of each other") {
  const Json differ{{"given_up", "1 difference of rows between both sides"}, {"differences", 1}};
  const Json same{{"given_up", ""}, {"differences", 0}};
  const Json writes{{"given_up", "2 rows of public.cfg"}};
  const Json none{{"given_up", ""}};
  CHECK(told({}).empty());
  CHECK(told({{"differ", same}}).empty());
  CHECK(told({{"differ", same}, {"writes", none}}) == ", no write was left behind");
  CHECK(told({{"differ", same}, {"writes", writes}}) == ", without 2 rows of public.cfg, written on target ci");
  CHECK(told({{"differ", differ}, {"writes", none}, {"reattach", none}}) ==
        ", and with 1 difference of rows between both sides");
  CHECK(told({{"differ", differ}, {"writes", writes}}) ==
        ", without 2 rows of public.cfg, written on target ci, and with 1 difference of rows between both sides");
}

TEST_CASE("the last step that could see what only the target had is believed, and forward phases give up nothing") {
  const Json two{{"given_up", "2 rows of public.cfg"}};
  const Json three{{"given_up", "3 rows of public.cfg"}};
  CHECK(told({{"writes", two}, {"reattach", three}}) == ", without 3 rows of public.cfg, written on target ci");
  CHECK(told({{"writes", two}, {"reattach", Json{{"seconds", 1}}}}) ==
        ", without 2 rows of public.cfg, written on target ci");
  CHECK(told({{"writes", two}}, runbook::PhaseKind::prepare).empty());
}

}  // namespace pgcleave::engine
