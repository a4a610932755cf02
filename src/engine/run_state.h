// What the parts of one run share: what was asked, the world, the record of what happened, and how the run talks.
#pragma once

#include <string>

#include "engine/direction.h"
#include "engine/effects.h"
#include "engine/recorder.h"
#include "engine/run_result.h"
#include "runbook/runbook.h"
#include "steps/registry.h"

namespace pgcleave::engine {

struct RunState {
  // Effects of the world's steps go to the journal from here on.
  RunState(runbook::Runbook asked, Json given, world::World& there, Recorder& writer, StopFlag& asked_to_stop,
           RunOutput talk);
  RunState(const RunState&) = delete;
  RunState& operator=(const RunState&) = delete;
  ~RunState() = default;

  [[nodiscard]] const RunRecord& record() const { return recorder.record(); }
  // Null: the runbook does not have it.
  [[nodiscard]] const runbook::Phase* phase(runbook::PhaseKind kind) const;
  // What expressions can read: parameters, the environment's outputs, and the outputs of steps.
  [[nodiscard]] Json scope() const;
  [[nodiscard]] bool is_past_window(Direction direction) const;
  [[nodiscard]] bool changed_nothing() const;
  // Records a question that a person has to answer; does nothing for any other error. The error names the gate as its
  // object, and the words that it asks for as what was expected.
  void note_waiting(const Error& error) const;
  // The side that a step names as `on`; an error where it names none.
  [[nodiscard]] Result<world::Side*> side_of(const runbook::StepLine& line) const;

  runbook::Runbook definition;
  Json params;
  world::World& world;
  Recorder& recorder;
  StopFlag& stop;
  RunOutput output;
  JournaledEffects effects;
};

// The registry's row of a step. A runbook that was read names no other kinds.
const steps::StepKind& kind_of(const runbook::StepLine& line);

}  // namespace pgcleave::engine
