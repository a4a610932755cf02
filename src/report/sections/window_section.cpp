#include <algorithm>

#include "base/format.h"
#include "journal/words/outcomes.h"
#include "report/document/display.h"
#include "report/sections/run_sections.h"

namespace pgcleave::report {
namespace {

std::vector<const StepTime*> steps_of(const WindowStory& window, const RunStory& story) {
  std::vector<const StepTime*> steps;
  for (const auto& step : story.steps) {
    const bool within =
        step.to_ms >= window.entered_ms && (window.left_ms <= window.entered_ms || step.to_ms <= window.left_ms + 1);
    if (step.phase == window.phase && within && step.outcome != StepOutcome::skipped) steps.push_back(&step);
  }
  return steps;
}

// How much of a step fell into the pause.
double waited(const StepTime& step, const WindowStory& window) {
  if (!window.paused_ms || !window.resumed_ms) return 0;
  return std::max(0.0, std::min(step.to_ms, *window.resumed_ms) - std::max(step.from_ms, *window.paused_ms));
}

Table split_of(const WindowStory& window, const std::vector<const StepTime*>& steps) {
  Table table{
      {{"step"}, {"waited, ms", true}, {"share", true}, {"took, ms", true}, {"after PAUSE, ms", true}, {"kind"}}, {}};
  const double pause = window.pause_ms();
  const double origin = window.paused_ms.value_or(window.entered_ms);
  double explained = 0;
  for (const auto* step : steps) {
    const double part = waited(*step, window);
    explained += part;
    table.rows.push_back({code(step->id, step->went_wrong() ? Mark::bad : Mark::none), number(fixed(part, 1)),
                          number(pause > 0 ? percent(part / pause) : ""), number(fixed(step->ms, 1)),
                          number(fixed(step->from_ms - origin, 1)), code(step->uses)});
  }
  if (pause <= 0) return table;
  const double rest = pause - explained;
  table.rows.push_back(
      {{"between"}, number(fixed(rest, 1)), number(percent(rest / pause)), {}, {}, {"records and looks"}});
  table.rows.push_back(
      {{"all"}, number(fixed(pause, 1)), number(percent(1)), {}, {}, {"first PAUSE sent to last RESUME answered"}});
  return table;
}

Timeline timeline_of(const WindowStory& window, const std::vector<const StepTime*>& steps) {
  Timeline chart;
  const double origin = window.paused_ms.value_or(window.entered_ms);
  for (const auto* step : steps) {
    const auto hue = step->went_wrong() ? Hue::undo : waited(*step, window) > 0 ? Hue::pause : Hue::work;
    chart.spans.push_back({"", step->id, step->from_ms - origin, step->to_ms - origin, hue});
  }
  if (window.pause_ms() > 0)
    chart.bands.push_back({0, window.pause_ms(), "clients wait " + duration(window.pause_ms())});
  return chart;
}

std::string sentence_of(const WindowStory& window) {
  if (!window.paused_ms) return "No client was made to wait in it.";
  if (!window.resumed_ms) return "Clients were made to wait, and the journal does not say that they went on.";
  auto text =
      fmt::format("Clients waited {} at most, of a budget of {} ({}).", duration(window.pause_ms()),
                  chosen(window.budget_ms), percent(window.budget_ms > 0 ? window.pause_ms() / window.budget_ms : 0));
  if (window.undo_reserve_ms > 0)
    text += fmt::format(" {} of the budget were kept back for undoing.", chosen(window.undo_reserve_ms));
  if (window.outcome != journal::WindowOutcome::done)
    text += std::string(" It ended: ") + (window.outcome ? name_of(*window.outcome) : "never left") + ".";
  return text;
}

}  // namespace

Section window_section(const WindowStory& window, const RunStory& story) {
  const auto steps = steps_of(window, story);
  const auto attempt =
      window.attempt > 1 && story.windows.size() > 2 ? fmt::format(", attempt {}", window.attempt) : "";
  Section section{fmt::format("window-{}", &window - story.windows.data()),
                  (window.back() ? "The rollback's window" : "The window") + attempt,
                  {}};
  section.say(sentence_of(window));
  if (!steps.empty())
    section.add(Picture{"The pause, step by step", timeline_of(window, steps), split_of(window, steps)});
  return section;
}

}  // namespace pgcleave::report
