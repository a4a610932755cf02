#include "engine/window_probe.h"

#include "base/fields.h"
#include "base/format.h"

namespace pgcleave::engine {

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
