#include "engine/run_state.h"

#include <algorithm>

#include "config/environment.h"
#include "engine/readable.h"
#include "engine/undoer.h"

namespace pgcleave::engine {

RunState::RunState(runbook::Runbook asked, Json given, world::World& there, Recorder& writer, StopFlag& asked_to_stop,
                   RunOutput talk)
    : definition(std::move(asked)),
      params(std::move(given)),
      world(there),
      recorder(writer),
      stop(asked_to_stop),
      output(std::move(talk)),
      effects(recorder) {
  world.effects = &effects;
  world.progress = world::Progress(output.progress);
  world.comparisons.keep_by([this](const Json& data) { return recorder.write("compare.done", data); });
}

const runbook::Phase* RunState::phase(runbook::PhaseKind kind) const {
  const auto found = std::find_if(definition.phases.begin(), definition.phases.end(),
                                  [&](const auto& one) { return one.kind == kind; });
  return found == definition.phases.end() ? nullptr : &*found;
}

Json RunState::scope() const {
  Json scope{{"params", params}, {"env", config::values_of(world.environment)}};
  for (const auto& [id, step] : record().steps) scope[id] = step.outputs;
  return scope;
}

bool RunState::is_past_window(Direction direction) const {
  return engine::is_past_window(record(), definition, direction);
}

bool RunState::changed_nothing() const {
  const auto& steps = record().steps;
  return std::none_of(steps.begin(), steps.end(), [](const auto& step) {
    const auto* row = steps::find(step.second.uses);
    return row != nullptr && row->description.traits.changes && step.second.intents > 0;
  });
}

void RunState::note_waiting(const Error& error) const {
  if (error.kind != ErrorKind::waiting) return;
  Json waiting{{"step", error.object.substr(error.object.find(' ') + 1)}, {"text", error.what}};
  if (!error.expected.empty()) waiting["words"] = error.expected;
  static_cast<void>(recorder.write("gate.waiting", waiting));
}

Result<world::Side*> RunState::side_of(const runbook::StepLine& line) const {
  return readable(line.id, [&]() -> Result<world::Side*> {
    return &steps::Context{world, line.id, line.with, Deadline::in({}), nullptr}.on();
  });
}

const steps::StepKind& kind_of(const runbook::StepLine& line) {
  return *steps::find(line.uses);
}

}  // namespace pgcleave::engine
