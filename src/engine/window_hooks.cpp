#include "engine/window_hooks.h"

#include <utility>

namespace pgcleave::engine {

WindowHooks::WindowHooks(RunState& run, WindowProbe probe, GuardHooks guard)
    : run_(run), probe_(std::move(probe)), guard_(std::move(guard)) {
  run_.recorder.when_recording = guard_.alive;
}

Result<void> WindowHooks::stand_by(const runbook::Phase& phase, bool clients_wait) {
  return guard_.stand_by ? guard_.stand_by(phase, clients_wait) : Result<void>();
}

Result<void> WindowHooks::watch(Duration longest_stop) {
  return guard_.watch ? guard_.watch(longest_stop) : Result<void>();
}

Result<void> WindowHooks::entered(const Json& entered) {
  if (!guard_.entered) return {};
  return guard_.entered(journal::Event{0, run_.recorder.run(), utc_now_us(), 0, "window.entered", entered, ""});
}

void WindowHooks::dismiss_guard() {
  if (guard_.dismiss) guard_.dismiss();
}

void WindowHooks::begin_probe(const runbook::Phase& phase, bool clients_wait) {
  probing_ = true;
  if (probe_.begin) probe_.begin(phase, clients_wait);
}

Json WindowHooks::end_probe(const runbook::Phase& phase, bool entered) {
  if (!std::exchange(probing_, false) || !probe_.end) return {};
  auto watched = probe_.end(phase);
  if (!entered || !watched.is_object()) return {};
  watched["phase"] = phase.name;
  watched["attempt"] = run_.world.run.attempt;
  static_cast<void>(run_.recorder.write("window.watched", watched));
  return watched;
}

}  // namespace pgcleave::engine
