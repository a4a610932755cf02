#include "report/round_table.h"

#include <algorithm>
#include <set>

#include "base/format.h"
#include "readiness/rehearsals.h"
#include "report/document/display.h"
#include "report/sections/run_sections.h"

namespace pgcleave::report {
namespace {

std::optional<double> pause_of(const RunStory& story, runbook::PhaseKind phase) {
  const auto* window = story.window(phase);
  if (window == nullptr || window->pause_ms() <= 0) return {};
  return window->pause_ms();
}

const Watched* watched_in(const RunStory& story, runbook::PhaseKind phase) {
  const auto* window = story.window(phase);
  if (window == nullptr || !window->watched || !window->watched->measured()) return nullptr;
  return &*window->watched;
}

std::optional<double> outage_of(const RunStory& story, runbook::PhaseKind phase) {
  const auto* watched = watched_in(story, phase);
  if (watched == nullptr) return {};
  return watched->outage_ms;
}

std::optional<double> mean_outage_of(const RunStory& story, runbook::PhaseKind phase) {
  const auto* watched = watched_in(story, phase);
  if (watched == nullptr || watched->mean_outage_ms <= 0) return {};
  return watched->mean_outage_ms;
}

std::int64_t errors_of(const RunStory& story) {
  std::int64_t errors = 0;
  for (const auto& window : story.windows) errors += window.watched ? window.watched->errors : 0;
  return errors;
}

Cell ms_cell(const std::optional<double>& ms) {
  return number(ms ? fixed(*ms, 1) : "–");
}

double worst_lag(const RunStory& story) {
  double most = 0;
  for (const auto& lag : story.lags) most = std::max(most, lag.bytes);
  return most;
}

template <class Get>
std::vector<double> gather(const std::vector<ComparedRound>& rounds, runbook::PhaseKind phase, Get get) {
  std::vector<double> values;
  for (const auto& round : rounds) {
    if (const auto value = get(round.story, phase)) values.push_back(*value);
  }
  return values;
}

struct StepAcross {
  std::optional<runbook::PhaseKind> phase;
  bool back = false;
  std::vector<double> ms;
  Hue hue = Hue::work;
};

// In the order of the first round that had the step.
std::vector<std::pair<std::string, StepAcross>> steps_across(const std::vector<ComparedRound>& rounds) {
  std::vector<std::pair<std::string, StepAcross>> found;
  for (const auto& round : rounds) {
    std::set<std::string> told;  // a rollback looks at some again before it begins
    for (const auto& step : round.story.steps) {
      if (!step.is_done() || !told.insert(step.id).second) continue;
      const auto known =
          std::find_if(found.begin(), found.end(), [&](const auto& one) { return one.first == step.id; });
      if (known != found.end()) {
        known->second.ms.push_back(step.ms);
        continue;
      }
      found.push_back({step.id,
                       {step.phase,
                        step.back(),
                        {step.ms},
                        step.in_window() ? Hue::pause
                        : step.person    ? Hue::person
                                         : Hue::work}});
    }
  }
  return found;
}

}  // namespace

Middle middle_of(const std::vector<double>& values) {
  if (values.empty()) return {};
  const auto spread = readiness::spread_of(values);
  return {*std::min_element(values.begin(), values.end()), spread.p50, spread.max};
}

std::vector<double> pauses_of(const std::vector<ComparedRound>& rounds, runbook::PhaseKind phase) {
  return gather(rounds, phase, pause_of);
}

std::vector<double> outages_of(const std::vector<ComparedRound>& rounds, runbook::PhaseKind phase) {
  return gather(rounds, phase, outage_of);
}

std::vector<double> mean_outages_of(const std::vector<ComparedRound>& rounds, runbook::PhaseKind phase) {
  return gather(rounds, phase, mean_outage_of);
}

Table rounds_table(const std::vector<ComparedRound>& rounds) {
  Table table{{{"round"},
               {"outcome"},
               {"pause, ms", true},
               {"outage, ms", true},
               {"rollback: pause, ms", true},
               {"rollback: outage, ms", true},
               {"errors", true},
               {"most lag", true},
               {"run"}},
              {}};
  for (const auto& round : rounds) {
    const auto& story = round.story;
    const auto errors = errors_of(story);
    table.rows.push_back({{round.label},
                          {round.good ? (round.rolled_back ? "good, rolled back" : "good") : "surprise",
                           round.good ? Mark::good : Mark::bad},
                          ms_cell(pause_of(story, runbook::PhaseKind::window)),
                          ms_cell(outage_of(story, runbook::PhaseKind::window)),
                          ms_cell(pause_of(story, runbook::PhaseKind::rollback_window)),
                          ms_cell(outage_of(story, runbook::PhaseKind::rollback_window)),
                          number(count(errors), errors > 0 ? Mark::bad : Mark::none),
                          number(bytes(worst_lag(story))),
                          code(story.record.id)});
  }
  return table;
}

Picture pauses_picture(const std::vector<ComparedRound>& rounds, runbook::PhaseKind phase) {
  Bars chart;
  Table table{{{"round"},
               {"pause, ms", true},
               {"worst outage seen, ms", true},
               {"on average, ms", true},
               {"of the budget", true}},
              {}};
  for (const auto& round : rounds) {
    const auto pause = pause_of(round.story, phase);
    if (!pause) continue;
    const auto* window = round.story.window(phase);
    chart.rows.push_back({round.label, *pause, round.good ? Hue::pause : Hue::undo});
    if (!chart.limit || window->budget_ms < *chart.limit) chart.limit = window->budget_ms;
    table.rows.push_back({{round.label},
                          ms_cell(pause),
                          ms_cell(outage_of(round.story, phase)),
                          ms_cell(mean_outage_of(round.story, phase)),
                          number(window->budget_ms > 0 ? percent(*pause / window->budget_ms) : "")});
  }
  const auto median = [](const std::vector<double>& values) {
    return ms_cell(values.empty() ? std::nullopt : std::optional(middle_of(values).median));
  };
  table.rows.push_back({{"median"},
                        median(pauses_of(rounds, phase)),
                        median(outages_of(rounds, phase)),
                        median(mean_outages_of(rounds, phase)),
                        {}});
  chart.limit_label = "budget";
  return {phase == runbook::PhaseKind::window ? "Forward, round by round" : "Rollback, round by round", chart, table};
}

Picture steps_picture(const std::vector<ComparedRound>& rounds, bool back) {
  Ranges chart;
  Table table{
      {{"step"}, {"median, ms", true}, {"shortest, ms", true}, {"longest, ms", true}, {"rounds", true}, {"phase"}}, {}};
  for (const auto& [id, step] : steps_across(rounds)) {
    if (step.back != back) continue;
    const auto middle = middle_of(step.ms);
    chart.rows.push_back({phase_title(step.phase), id, middle.low, middle.median, middle.high, step.hue});
    table.rows.push_back({code(id),
                          number(fixed(middle.median, 1)),
                          number(fixed(middle.low, 1)),
                          number(fixed(middle.high, 1)),
                          number(count(static_cast<std::int64_t>(step.ms.size()))),
                          {phase_title(step.phase)}});
  }
  return {back ? "Rollback, per step: shortest, median, longest" : "Forward, per step: shortest, median, longest",
          chart, table, "The axis is logarithmic: each line is ten times the one before."};
}

Table surprises_table(const std::vector<ComparedRound>& rounds) {
  Table table{{{"round"}, {"what went wrong"}, {"how it was solved"}, {"by"}}, {}};
  for (const auto& round : rounds) {
    if (round.good && round.surprise.empty()) continue;
    table.rows.push_back(
        {{round.label},
         {round.surprise, Mark::bad},
         {round.solved.empty() ? "not marked solved" : round.solved, round.solved.empty() ? Mark::bad : Mark::good},
         {round.solved_by}});
  }
  if (table.rows.empty()) table.columns.clear();
  return table;
}

}  // namespace pgcleave::report
