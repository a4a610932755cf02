#include <algorithm>

#include "base/format.h"
#include "report/document/display.h"
#include "report/metrics.h"
#include "report/sections/run_sections.h"

namespace pgcleave::report {
namespace {

// A look that found nothing to do is drawn, one that was not even taken is not.
std::vector<const StepTime*> steps_of(const RunStory& story, bool back) {
  std::vector<const StepTime*> steps;
  for (const auto& step : story.steps) {
    const bool then = story.went_back() && step.from_ms >= story.back_from_ms - 1;
    if (then == back) steps.push_back(&step);
  }
  return steps;
}

Timeline chart_of(const std::vector<const StepTime*>& steps) {
  Timeline chart;
  for (const auto* step : steps) {
    if (step->outcome != StepOutcome::skipped)
      chart.spans.push_back({phase_title(step->phase), step->id, step->from_ms, step->to_ms, hue_of(*step)});
  }
  if (chart.spans.empty()) return chart;
  const double origin = chart.spans.front().from;
  for (auto& span : chart.spans) {
    span.from -= origin;
    span.to -= origin;
  }
  return chart;
}

Table table_of(const std::vector<const StepTime*>& steps) {
  Table table{{{"phase"}, {"step"}, {"took, s", true}, {"at, s", true}, {"outcome"}, {"kind"}}, {}};
  std::optional<runbook::PhaseKind> phase;
  double origin = steps.empty() ? 0 : steps.front()->from_ms;
  for (const auto* step : steps) {
    const auto mark = step->went_wrong() ? Mark::bad : Mark::none;
    table.rows.push_back({{step->phase == phase ? "" : phase_title(step->phase)},
                          code(step->id),
                          number(step->outcome == StepOutcome::skipped ? "" : fixed(step->ms / 1000, 3)),
                          number(fixed((step->from_ms - origin) / 1000, 3)),
                          {name_of(step->outcome), mark},
                          code(step->uses)});
    phase = step->phase;
  }
  return table;
}

double length_of(const Timeline& chart) {
  double last = 0;
  for (const auto& span : chart.spans) last = std::max(last, span.to);
  return last;
}

}  // namespace

std::string phase_title(std::optional<runbook::PhaseKind> phase) {
  const auto name = engine::name_or_nothing(phase);
  return phase && runbook::is_rollback(*phase) ? "rollback: " + name.substr(name.find('.') + 1) : name;
}

Hue hue_of(const StepTime& step) {
  if (step.went_wrong()) return Hue::undo;
  if (step.person) return Hue::person;
  if (step.in_window()) return Hue::pause;
  return step.outcome == StepOutcome::found_done ? Hue::quiet : Hue::work;
}

Section timeline_section(const RunStory& story) {
  Section section{"timeline", "Timeline", {}};
  for (const bool back : {false, true}) {
    const auto steps = steps_of(story, back);
    if (steps.empty()) continue;
    const auto chart = chart_of(steps);
    section.add(
        Picture{fmt::format("{}: {} in {}", back ? "Rollback" : "Forward",
                            many(static_cast<std::int64_t>(chart.spans.size()), "step"), duration(length_of(chart))),
                chart, table_of(steps)});
  }
  return section;
}

std::optional<Section> lag_section(const RunStory& story, const std::vector<journal::Sample>& samples) {
  Section section{"lag", "Replication lag", {}};
  if (!story.lags.empty()) {
    Table table{{{"step"}, {"at, s", true}, {"behind", true}}, {}};
    for (const auto& lag : story.lags) {
      table.rows.push_back({code(lag.step), number(fixed(lag.at_ms / 1000, 3)), number(bytes(lag.bytes))});
    }
    section.say("How far the other side was behind when the run looked.");
    section.add(std::move(table));
  }
  if (auto picture = lag_picture(story, samples)) section.add(std::move(*picture));
  if (section.blocks.empty()) return {};
  return section;
}

}  // namespace pgcleave::report
