#include "report/watched.h"

#include "base/fields.h"

namespace pgcleave::report {

Watched watched_of(const journal::Event& event) {
  const auto& data = event.data;
  Watched watched;
  watched.phase = text_in(data, "phase");
  watched.attempt = static_cast<int>(number_in(data, "attempt", 1));
  watched.why = text_in(data, "why");
  watched.every_ms = number_in(data, "every_ms");
  watched.outage_ms = number_in(data, "outage_ms");
  watched.mean_outage_ms = number_in(data, "mean_outage_ms");
  watched.at_least = truth_in(data, "at_least");
  watched.outage_began_at_us = whole_in(data, "outage_began_at_us");
  watched.longest_wait_ms = number_in(data, "longest_wait_ms");
  watched.errors = whole_in(data, "errors");
  watched.wrong_side = whole_in(data, "wrong_side");
  for (const auto& one : list_in(data, "bouncers")) {
    watched.bouncers.push_back({text_in(one, "name"), whole_in(one, "writes"), whole_in(one, "errors"),
                                text_in(one, "first_error"), number_in(one, "outage_ms"),
                                number_in(one, "longest_wait_ms"), text_in(one, "first_on"), text_in(one, "last_on")});
  }
  const auto curve = object_in(data, "curve");
  watched.curve_from_us = journal::plausible_us(whole_in(curve, "from_us"));
  watched.curve_step_ms = number_in(curve, "step_ms");
  for (const auto& writes : list_in(curve, "writes")) {
    if (writes.is_number()) watched.curve.push_back(writes.get<double>());
  }
  return watched;
}

Json json_of(const Watched& watched) {
  Json bouncers = Json::array();
  for (const auto& one : watched.bouncers) {
    bouncers.push_back({{"name", one.name},
                        {"writes", one.writes},
                        {"errors", one.errors},
                        {"first_error", one.first_error},
                        {"outage_ms", one.outage_ms},
                        {"longest_wait_ms", one.longest_wait_ms},
                        {"first_on", one.first_on},
                        {"last_on", one.last_on}});
  }
  return {{"why", watched.why},
          {"every_ms", watched.every_ms},
          {"outage_ms", watched.outage_ms},
          {"mean_outage_ms", watched.mean_outage_ms},
          {"at_least", watched.at_least},
          {"longest_wait_ms", watched.longest_wait_ms},
          {"errors", watched.errors},
          {"wrong_side", watched.wrong_side},
          {"bouncers", bouncers}};
}

}  // namespace pgcleave::report
