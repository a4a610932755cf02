// A window as its clients saw it.
#include "base/format.h"
#include "engine/run.h"

namespace pgcleave::engine {

std::string what_clients_saw(const Json& watched) {
  if (!watched.is_object()) return "";
  if (const auto why = watched.value("why", std::string()); !why.empty()) return "what clients saw was not measured: " + why;
  if (!watched.contains("outage_ms")) return "";
  const bool at_least = watched.value("at_least", false);
  std::string text = fmt::format("a client saw {}{:.1f} ms of outage (through {})", at_least ? "at least " : "",
                                 watched.value("outage_ms", 0.0), watched.value("through", std::string()));
  if (const int errors = watched.value("errors", 0); errors > 0) {
    text += fmt::format(" and {} errors", errors);
    for (const auto& bouncer : watched.value("bouncers", Json::array())) {
      if (const auto first = bouncer.value("first_error", std::string()); !first.empty()) {
        text += fmt::format(", the first through {}: {}", bouncer.value("name", std::string()), first);
        break;
      }
    }
  }
  if (const int wrong = watched.value("wrong_side", 0); wrong > 0) text += fmt::format("; {} WRITES WERE TAKEN BY THE WRONG SIDE", wrong);
  return text;
}

void Run::dismiss_guard() {
  if (guarding_.dismiss) guarding_.dismiss();
}

void Run::begin_watch(const runbook::Phase& phase, bool clients_wait) {
  watching_ = true;
  if (watch_.begin) watch_.begin(phase, clients_wait);
}

Json Run::end_watch(const runbook::Phase& phase, bool entered) {
  if (!std::exchange(watching_, false) || !watch_.end) return {};
  auto watched = watch_.end(phase);
  if (!entered || !watched.is_object()) return {};
  watched["phase"] = phase.name;
  watched["attempt"] = world_.run.attempt;
  static_cast<void>(recorder_.write("window.watched", watched));
  return watched;
}

}  // namespace pgcleave::engine
