// What a runbook would do: every step over DryRunEffects. Reads only.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/direction.h"
#include "runbook/runbook.h"
#include "steps/registry.h"

namespace pgcleave::engine {

enum class PlannedState {
  pending,
  done,  // is already applied
  conflict,
  skipped,  // by its condition
  unknown,  // its kind or its parameters can't be read
  later,    // from the window, a promotion or an output that is still to come on: what is seen now says nothing
};
const char* name_of(PlannedState state);

struct PlannedStep {
  runbook::PhaseKind phase = runbook::PhaseKind::prepare;
  std::string id;
  std::string uses;
  PlannedState state = PlannedState::pending;
  std::string evidence;
  std::vector<std::string> effects;  // in the very words that the journal will hold
  Json before = Json::object();
  bool conflict = false;                   // as seen now, also where `state` is later
  std::vector<std::string> foretold = {};  // what it will take, as the step itself tried it
  std::optional<Error> unseen = {};        // why it could not be inspected; never because an output is still to come
};

// Outputs of steps that have not run yet stand as <step.output>.
std::vector<PlannedStep> plan(const runbook::Runbook& runbook, const Json& scope, world::World& world,
                              Direction direction);
std::vector<PlannedStep> plan_phase(const runbook::Phase& phase, Json& scope, world::World& world);
// `clouded`: what is seen now says nothing, since a window or a promotion comes before; set when one of these steps
// promotes.
std::vector<PlannedStep> plan_phase(const runbook::Phase& phase, Json& scope, world::World& world, bool& clouded);

}  // namespace pgcleave::engine
