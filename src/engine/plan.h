// What a runbook would do: every step over DryRunEffects. Reads only.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runbook/runbook.h"
#include "steps/registry.h"

namespace pgcleave::engine {

struct PlannedStep {
  std::string phase;
  std::string id;
  std::string uses;
  std::string state;  // "pending", "done" (would be adopted), "foreign", "skipped", "unknown"; "later" from the window, a promotion or a
                      // fact still to come on
  std::string evidence;
  std::vector<std::string> effects;  // in the very words that the journal will hold
  Json before = Json::object();
  bool foreign = false;              // as seen now, also where `state` says "later"
  std::optional<Error> unseen = {};  // why it could not be looked at; never for want of a fact that is still to come
};

// `rollback`: the way back instead of the way forth. Facts of steps that have not run yet stand as <step.fact>.
std::vector<PlannedStep> plan(const runbook::Runbook& runbook, const Json& scope, steps::World& world, bool rollback);
std::vector<PlannedStep> plan_phase(const runbook::Phase& phase, Json& scope, steps::World& world);
// `clouded`: what is seen now says nothing, since a window or a promotion comes before; set when one of these steps promotes.
std::vector<PlannedStep> plan_phase(const runbook::Phase& phase, Json& scope, steps::World& world, bool& clouded);

}  // namespace pgcleave::engine
