// What stands beside one window: the guard, which brings clients back should this process die, and the probe, which
// measures what clients see. Either may be missing. Once the window was entered neither can make it fail.
#pragma once

#include "engine/guard_hooks.h"
#include "engine/run_state.h"
#include "engine/window_probe.h"

namespace pgcleave::engine {

class WindowHooks {
 public:
  WindowHooks(RunState& run, WindowProbe probe, GuardHooks guard);

  // As GuardHooks. An error: the window must not be entered.
  Result<void> stand_by(const runbook::Phase& phase, bool clients_wait);
  Result<void> watch(Duration longest_stop);
  // `entered`: the data of the event of that name.
  Result<void> entered(const Json& entered);
  // Clients are served again, or the window was not entered at all. May be called more than once.
  void dismiss_guard();

  void begin_probe(const runbook::Phase& phase, bool clients_wait);
  // Records and returns what clients saw; null when nothing was measured. `entered`: false where they never waited.
  Json end_probe(const runbook::Phase& phase, bool entered = true);

 private:
  RunState& run_;
  WindowProbe probe_;
  GuardHooks guard_;
  bool probing_ = false;
};

}  // namespace pgcleave::engine
