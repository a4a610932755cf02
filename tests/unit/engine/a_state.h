// What the parts of a run share, over the journal of a test's run: one part is tried by itself, without the run.
#pragma once

#include "a_run.h"
#include "engine/run_state.h"

namespace pgcleave::engine {

struct AState {
  explicit AState(ARun& run)
      : book(run.journal()),
        world(run.open_world()),
        recorder(book, ARun::id, replay(run.events()), maybe_die),
        state(run.runbook(), run.params, world, recorder, run.stop, {run.when_said, run.when_warned, {}, {}, ""}) {}
  AState(const AState&) = delete;
  AState& operator=(const AState&) = delete;
  ~AState() = default;

  [[nodiscard]] const runbook::StepLine& line(const std::string& id) const {
    const auto* found = state.definition.step(id);
    if (found == nullptr) FAIL("no step " + id);
    return *found;
  }
  [[nodiscard]] const runbook::Phase& phase(runbook::PhaseKind kind) const {
    const auto* found = state.phase(kind);
    if (found == nullptr) FAIL("no phase " << name_of(kind));
    return *found;
  }
  void write(const std::string& type, const Json& data) {
    if (const auto written = recorder.write(type, data); !written) FAIL(written.error().text());
  }

  journal::Journal book;
  world::World world;
  Recorder recorder;
  RunState state;
};

}  // namespace pgcleave::engine
