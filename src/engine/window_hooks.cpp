#include "engine/window_hooks.h"

#include <utility>

#include "base/fields.h"
#include "base/format.h"

namespace pgcleave::engine {

WindowHooks::WindowHooks(RunState& run, WindowProbe probe, GuardHooks guard)
    : run_(run), probe_(std::move(probe)), guard_(std::move(guard)) {
  run_.recorder.when_recording = guard_.alive;
}

Result<void> WindowHooks::stand_by(const runbook::Phase& phase, bool clients_wait) const {
  return guard_.stand_by ? guard_.stand_by(phase, clients_wait) : Result<void>();
}

Result<void> WindowHooks::watch(Duration longest_stop) const {
  return guard_.watch ? guard_.watch(longest_stop) : Result<void>();
}

Result<void> WindowHooks::entered(const Json& entered) const {
  if (!guard_.entered) return {};
  return guard_.entered(journal::Event{0, run_.recorder.run(), utc_now_us(), 0, "window.entered", entered, ""});
}

void WindowHooks::dismiss_guard() const {
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

std::string what_clients_saw(const Json& watched) {
  if (!watched.is_object()) return "";
  if (const auto why = text_in(watched, "why"); !why.empty()) return "what clients saw was not measured: " + why;
  if (!watched.contains("outage_ms")) return "";
  const bool at_least = truth_in(watched, "at_least");
  std::string text = fmt::format("a client saw {}{:.1f} ms of outage (through {})", at_least ? "at least " : "",
                                 number_in(watched, "outage_ms"), text_in(watched, "through"));
  if (watched.contains("mean_outage_ms"))
    text += fmt::format("; all clients on average {:.1f} ms", number_in(watched, "mean_outage_ms"));
  if (const int errors = small_in(watched, "errors"); errors > 0) {
    text += fmt::format("; {} errors", errors);
    for (const auto& bouncer : list_in(watched, "bouncers")) {
      if (const auto first = text_in(bouncer, "first_error"); !first.empty()) {
        text += fmt::format(", the first through {}: {}", text_in(bouncer, "name"), first);
        break;
      }
    }
  }
  if (const int wrong = small_in(watched, "wrong_side"); wrong > 0)
    text += fmt::format("; {} WRITES WERE TAKEN BY THE WRONG SIDE", wrong);
  return text;
}

}  // namespace pgcleave::engine
