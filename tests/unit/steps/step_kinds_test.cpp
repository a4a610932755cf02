// With the kinds that judge, every kind is there that a runbook may use.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <functional>
#include <set>

#include "base/file.h"
#include "runbook/runbook.h"
#include "steps/check/judging.h"
#include "steps/registry.h"

namespace pgcleave::steps {
using namespace pgcleave::world;
namespace {

namespace fs = std::filesystem;

const fs::path source_root = PGCLEAVE_SOURCE_DIR;

// Each runbook of a folder, which must read without a problem; how many there are.
int each_runbook(const fs::path& folder, const std::function<void(const runbook::Runbook&)>& look) {
  int runbooks = 0;
  offer_step_kinds();
  const auto words = steps::vocabulary();
  for (const auto& entry : fs::directory_iterator(source_root / folder)) {
    if (entry.path().extension() != ".yml") continue;
    ++runbooks;
    const auto text = read_file(entry.path().string());
    REQUIRE(text);
    const auto read = runbook::read_runbook(entry.path().filename().string(), *text, words);
    std::string problems;
    for (const auto& problem : read.problems) problems += problem.text() + "\n";
    INFO(problems);
    REQUIRE(read.value);
    INFO(read.value->path);
    look(*read.value);
  }
  return runbooks;
}

}  // namespace

TEST_CASE("the kinds that judge are added once, each with help for its parameters") {
  offer_step_kinds();
  const auto before = steps::registry().size();
  offer_step_kinds();
  CHECK(steps::registry().size() == before);
  for (const auto* name : {"check.readiness", "check.settings", "check.topology", "check.truncation", "rows.compare"}) {
    const auto* kind = steps::find(name);
    REQUIRE(kind != nullptr);
    CHECK_FALSE(kind->description.traits.changes);
    for (const auto& parameter : kind->description.parameters) CHECK_FALSE(parameter.help.empty());
  }
}

TEST_CASE("every shipped runbook reads without a problem") {
  const auto runbooks = each_runbook("runbooks", [](const runbook::Runbook& runbook) {
    CHECK(runbook.name == fs::path(runbook.path).stem().string());
    CHECK_FALSE(runbook.summary.empty());
    for (const auto& param : runbook.params) {
      INFO("param " << param.name);
      CHECK_FALSE(param.help.empty());
    }
  });
  CHECK(runbooks > 0);
}

TEST_CASE(
    "every shipped runbook whose rollback carries writes keeps them from before anybody may write on the target") {
  int with_reverse = 0;
  each_runbook("runbooks", [&](const runbook::Runbook& runbook) {
    int steps = 0, slot = 0, taken = 0, started = 0;  // places, counted from 1
    for (const auto& phase : runbook.phases) {
      if (phase.is_rollback()) continue;
      for (const auto& step : phase.steps) {
        ++steps;
        if (step.uses == "replication.create_slot_reverse") slot = steps;
        if (step.uses == "replication.start_reverse") started = steps;
        if (step.uses == "ownership.take") taken = steps;
      }
    }
    if (started == 0) return;
    ++with_reverse;
    CHECK(slot > 0);
    CHECK(slot < taken);
  });
  CHECK(with_reverse >= 2);
}

TEST_CASE("runbooks of earlier versions read as they did, and kinds that were renamed are named in a note") {
  std::set<std::string> renamed;
  each_runbook("tests/unit/samples/2026_11", [&](const runbook::Runbook& runbook) {
    const auto told = runbook::notes(runbook, steps::vocabulary());
    for (const auto& phase : runbook.phases) {
      for (const auto& step : phase.steps) {
        const auto* kind = steps::find(step.written_as);
        REQUIRE(kind != nullptr);
        CHECK(kind->description.kind == step.uses);
        if (step.written_as == step.uses) continue;
        renamed.insert(step.written_as);
        CHECK(std::any_of(told.begin(), told.end(), [&](const auto& note) {
          return note.text().find(step.written_as + " is called " + step.uses + " now") != std::string::npos;
        }));
      }
    }
  });
  CHECK(renamed == std::set<std::string>{"check.given_up", "replication.arm_forward", "replication.arm_reverse",
                                         "replication.turn"});
}

}  // namespace pgcleave::steps
