// How somebody watches a window from the clients' side. Both may be empty; neither may fail or throw, and what they
// find fails no run.
#pragma once

#include <functional>

#include "base/json.h"
#include "runbook/runbook.h"

namespace pgcleave::engine {

struct WindowProbe {
  // Before the window is planned. `clients_wait`: it was left open by another process, so nothing may hold it up.
  std::function<void(const runbook::Phase& phase, bool clients_wait)> begin;
  // After it was left or undone, or was not entered at all: the data of `window.watched` without phase and attempt.
  std::function<Json(const runbook::Phase& phase)> end;
};

// "a client saw 61.2 ms of outage (through bouncer-2)"; "" when there is nothing to say.
std::string what_clients_saw(const Json& watched);

}  // namespace pgcleave::engine
