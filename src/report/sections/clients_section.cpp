#include <algorithm>

#include "base/format.h"
#include "report/document/display.h"
#include "report/sections/run_sections.h"

namespace pgcleave::report {
namespace {

const char* direction_of(const WindowStory& window) {
  return window.back() ? "rollback" : "forward";
}

Table bouncers_of(const Watched& watched) {
  Table table{{{"through"},
               {"writes", true},
               {"errors", true},
               {"outage, ms", true},
               {"longest wait, ms", true},
               {"first on"},
               {"last on"}},
              {}};
  for (const auto& one : watched.bouncers) {
    table.rows.push_back({code(one.name), number(count(one.writes)),
                          number(count(one.errors), one.errors > 0 ? Mark::bad : Mark::none),
                          number(fixed(one.outage_ms, 1)), number(fixed(one.longest_wait_ms, 1)), code(one.first_on),
                          code(one.last_on)});
  }
  return table;
}

// The prober's clients begin and end one after the other: steps at either end in which not all of them wrote are left
// out.
Watched without_ends(Watched watched) {
  auto& curve = watched.curve;
  if (curve.size() < 20) return watched;
  auto sorted = curve;
  std::sort(sorted.begin(), sorted.end());
  const double half = sorted[sorted.size() / 2] / 2;
  constexpr int most = 5;  // on either side
  for (int i = 0; i < most && curve.back() < half; ++i) curve.pop_back();
  for (int i = 0; i < most && curve.front() < half; ++i) {
    curve.erase(curve.begin());
    watched.curve_from_us += static_cast<std::int64_t>(watched.curve_step_ms * 1000);
  }
  return watched;
}

struct Rates {
  double before = 0;
  double least = 0;
  double after = 0;
};

// Writes per second in the steps that lie wholly before the pause, wholly after it, and the least of those between.
Rates rates_of(const Watched& watched, double pause_from, double pause_to) {
  Rates rates;
  double before = 0;
  double after = 0;
  double steps_before = 0;
  double steps_after = 0;
  double least = 1e300;
  for (std::size_t i = 0; i < watched.curve.size(); ++i) {
    const double from = static_cast<double>(i) * watched.curve_step_ms;
    const double to = from + watched.curve_step_ms;
    const double rate = watched.curve[i] * 1000 / watched.curve_step_ms;
    if (to <= pause_from) {
      before += rate;
      ++steps_before;
    } else if (from >= pause_to) {
      after += rate;
      ++steps_after;
    } else {
      least = std::min(least, rate);
    }
  }
  rates.before = steps_before > 0 ? before / steps_before : 0;
  rates.after = steps_after > 0 ? after / steps_after : 0;
  rates.least = least < 1e300 ? least : 0;
  return rates;
}

std::optional<Picture> throughput_of(const WindowStory& window) {
  const auto watched = without_ends(*window.watched);
  if (watched.curve.empty() || watched.curve_step_ms <= 0 || !window.paused_ms) return {};
  const double origin =
      static_cast<double>(window.paused_at_us - watched.curve_from_us) / 1000;  // PAUSE, since the curve begins
  Series series{"writes", {}, true};
  for (std::size_t i = 0; i < watched.curve.size(); ++i) {
    series.points.push_back(
        {static_cast<double>(i) * watched.curve_step_ms - origin, watched.curve[i] * 1000 / watched.curve_step_ms});
  }
  Lines chart{{series},
              {{0, window.pause_ms(), "pause " + duration(window.pause_ms())}},
              "milliseconds since PAUSE",
              "acknowledged writes per second"};
  const auto rates = rates_of(watched, origin, origin + window.pause_ms());
  Table table{{{"stretch"}, {"writes/s", true}}, {}};
  table.rows = {{{"before the pause"}, number(fixed(rates.before, 0))},
                {{"lowest in the pause"}, number(fixed(rates.least, 0))},
                {{"after the pause"}, number(fixed(rates.after, 0))}};
  return Picture{
      fmt::format("Writes around the pause, {}", direction_of(window)), chart, table,
      fmt::format("Writes of the built-in prober through all bouncers, one per {} and bouncer, counted in steps of {}.",
                  chosen(watched.every_ms), chosen(watched.curve_step_ms))};
}

void tell_window(const WindowStory& window, Section& section) {
  const auto& watched = *window.watched;
  if (!watched.measured()) {
    section.say(fmt::format("Nothing was measured on the {}: {}.", direction_of(window), watched.why));
    return;
  }
  auto text = fmt::format(
      "On the {} writes through one bouncer were not served for {}{}, until the last of its clients was answered{}; "
      "the longest wait of "
      "one write was {}; ",
      direction_of(window), watched.at_least ? "at least " : "", duration(watched.outage_ms),
      watched.mean_outage_ms > 0 ? fmt::format(" (all clients on average: {})", duration(watched.mean_outage_ms)) : "",
      duration(watched.longest_wait_ms));
  text += watched.errors == 0 ? "no client saw an error." : "clients saw " + many(watched.errors, "error") + ".";
  if (watched.wrong_side > 0) {
    text += fmt::format(" {} acknowledged by the side that did not serve any more.",
                        watched.wrong_side == 1 ? "One write was" : count(watched.wrong_side) + " writes were");
  }
  section.say(text);
  if (auto picture = throughput_of(window)) section.add(std::move(*picture));
  section.add(bouncers_of(watched));
  for (const auto& one : watched.bouncers) {
    if (!one.first_error.empty()) section.say(one.name + ", first error: " + one.first_error);
  }
}

}  // namespace

std::optional<Section> clients_section(const RunStory& story) {
  Section section{"clients", "What clients saw", {}};
  for (const auto& window : story.windows) {
    if (window.watched) tell_window(window, section);
  }
  if (!section.blocks.empty()) return section;
  if (story.windows.empty()) return {};
  section.say("No prober wrote through the bouncers in this run, so the outage that clients saw was not measured.");
  return section;
}

}  // namespace pgcleave::report
