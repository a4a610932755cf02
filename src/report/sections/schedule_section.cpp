#include <algorithm>

#include "base/format.h"
#include "report/document/display.h"
#include "report/sections/run_sections.h"

namespace pgcleave::report {
namespace {

std::vector<double> times_of(const Readiness& readiness, const std::string& id) {
  std::vector<double> ms;
  for (const auto& round : readiness.rounds) {
    if (!round.good) continue;
    double all = 0;
    bool ran = false;
    for (const auto& step : round.story.steps) {
      // What a rollback looks at again before it begins stands in its own time.
      const bool again = !step.back() && round.story.went_back() && step.from_ms >= round.story.back_from_ms;
      if (step.id != id || again || !step.is_done()) continue;
      all += step.ms;
      ran = true;
    }
    if (ran) ms.push_back(all);
  }
  return ms;
}

struct Plan {
  Timeline chart;
  Table table{{{"phase"}, {"step"}, {"likely", true}, {"longest", true}, {"begins at", true}, {"who"}}, {}};
  double length = 0;
};

Plan plan_of(const Readiness& readiness, bool rollback) {
  Plan plan;
  std::string phase_before;
  for (const auto& phase : readiness.change.runbook.phases) {
    if (phase.is_rollback() != rollback) continue;
    for (const auto& step : phase.steps) {
      const auto times = times_of(readiness, step.id);
      if (times.empty() && !readiness.rounds.empty()) continue;  // never ran: its condition was false
      const auto middle = middle_of(times);
      const bool person = step.uses == "gate.approve";
      plan.table.rows.push_back({{phase.name == phase_before ? "" : phase_title(phase.kind)},
                                 code(step.id),
                                 number(times.empty() ? "–" : duration(middle.median)),
                                 number(times.empty() ? "–" : duration(middle.high)),
                                 number(times.empty()     ? "–"
                                        : plan.length > 0 ? "+" + duration(plan.length)
                                                          : "0"),
                                 {person ? "a person" : "pgcleave"}});
      phase_before = phase.name;
      const auto hue = person ? Hue::person : phase.is_window ? Hue::pause : Hue::work;
      if (!times.empty())
        plan.chart.spans.push_back({phase_title(phase.kind), step.id, plan.length, plan.length + middle.median, hue});
      plan.length += middle.median;
    }
  }
  return plan;
}

}  // namespace

double likely_ms(const Readiness& readiness, bool rollback) {
  return plan_of(readiness, rollback).length;
}

Section schedule_section(const Readiness& readiness) {
  Section section{"schedule", "Timeline", {}};
  if (readiness.rounds.empty()) {
    section.say("How long the steps take is not known: no rehearsal counts.");
    return section;
  }
  section.say(
      "Medians of the good rehearsals that count, one step after the other. The time that people take to decide comes "
      "on top.");
  for (const bool rollback : {false, true}) {
    auto plan = plan_of(readiness, rollback);
    if (plan.chart.spans.empty()) continue;
    const auto title = fmt::format("{}: about {}", rollback ? "Rollback" : "Cutover", duration(plan.length));
    section.add(Picture{title, std::move(plan.chart), std::move(plan.table)});
  }
  return section;
}

}  // namespace pgcleave::report
