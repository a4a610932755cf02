// What stands beside one window: the guard, which brings clients back should this process die, and the probe, which
// measures what clients see. Either may be missing. Once the window was entered neither can make it fail.
#pragma once

#include <functional>

#include "base/deadline.h"
#include "base/json.h"
#include "engine/run_state.h"
#include "journal/journal.h"
#include "runbook/runbook.h"

namespace pgcleave::engine {

// How somebody watches a window from the clients' side. Both may be empty; neither may fail or throw, and what they
// find fails no run.

struct WindowProbe {
  // Before the window is planned. `clients_wait`: it was left open by another process, so nothing may hold it up.
  std::function<void(const runbook::Phase& phase, bool clients_wait)> begin;
  // After it was left or undone, or was not entered at all: the data of `window.watched` without phase and attempt.
  std::function<Json(const runbook::Phase& phase)> end;
};

// "a client saw 61.2 ms of outage (through bouncer-2)"; "" when there is nothing to say.
std::string what_clients_saw(const Json& watched);

// How somebody stands by to bring the clients back when this process dies in a window. All may be empty.

struct GuardHooks {
  // Before a window is planned: returns when the guard has opened all that it needs. `clients_wait`: another process
  // left the window open, so nothing may hold it up; the guard is only asked to come. An error: there is none, and no
  // window may be entered.
  std::function<Result<void>(const runbook::Phase& phase, bool clients_wait)> stand_by;
  // The window is about to be entered; a process that is stopped for longer than that is taken for dead. An error: the
  // guard is gone.
  std::function<Result<void>(Duration longest_stop)> watch;
  // It was entered: what a guard needs to know should it not be able to read the journal later. An error: the guard is
  // gone.
  std::function<Result<void>(const journal::Event& entered)> entered;
  // This process is at work, whether its journal answers or not. Called with each record.
  std::function<void()> alive;
  // The window was left, undone, or not entered at all.
  std::function<void()> dismiss;
};

class WindowHooks {
 public:
  WindowHooks(RunState& run, WindowProbe probe, GuardHooks guard);

  // As GuardHooks. An error: the window must not be entered.
  [[nodiscard]] Result<void> stand_by(const runbook::Phase& phase, bool clients_wait) const;
  [[nodiscard]] Result<void> watch(Duration longest_stop) const;
  // `entered`: the data of the event of that name.
  [[nodiscard]] Result<void> entered(const Json& entered) const;
  // Clients are served again, or the window was not entered at all. May be called more than once.
  void dismiss_guard() const;

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
