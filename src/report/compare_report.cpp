#include <algorithm>

#include "base/fields.h"
#include "base/format.h"
#include "report/document/display.h"
#include "report/report.h"

namespace pgcleave::report {
namespace {

Verdict verdict_of(const std::vector<ComparedRound>& rounds, const Chain& chain) {
  if (!chain.broken.empty())
    return {Mark::bad, "Not to be trusted", "The journal was changed after it was written.", {chain.broken}};
  const auto good = std::count_if(rounds.begin(), rounds.end(), [](const auto& round) { return round.good; });
  const auto all = static_cast<std::ptrdiff_t>(rounds.size());
  const auto pause = middle_of(pauses_of(rounds, runbook::PhaseKind::window));
  Verdict verdict{
      good == all ? Mark::good : Mark::warning, fmt::format("{} of {} good", good, many(all, "round")), "", {}};
  if (pause.high > 0)
    verdict.sentence = fmt::format("Clients waited {} in the middle round and {} in the worst.", duration(pause.median),
                                   duration(pause.high));
  for (const auto& round : rounds) {
    if (!round.surprise.empty()) verdict.reasons.push_back(round.label + ": " + round.surprise);
  }
  return verdict;
}

void add_figure(Figures& figures, const std::string& label, const std::vector<double>& values) {
  if (values.empty()) return;
  const auto middle = middle_of(values);
  const auto [value, unit] = measure(middle.median);
  figures.all.push_back(
      {value, unit, label, fmt::format("median; {} to {}", duration(middle.low), duration(middle.high))});
}

Figures figures_of(const std::vector<ComparedRound>& rounds) {
  Figures figures;
  add_figure(figures, "clients waited", pauses_of(rounds, runbook::PhaseKind::window));
  add_figure(figures, "outage that a client saw", outages_of(rounds, runbook::PhaseKind::window));
  add_figure(figures, "outage of all clients on average", mean_outages_of(rounds, runbook::PhaseKind::window));
  add_figure(figures, "clients waited, rollback", pauses_of(rounds, runbook::PhaseKind::rollback_window));
  add_figure(figures, "outage, rollback", outages_of(rounds, runbook::PhaseKind::rollback_window));
  const auto back = std::count_if(rounds.begin(), rounds.end(), [](const auto& round) { return round.rolled_back; });
  figures.all.push_back(
      {count(back), "", "rolled back", fmt::format("of {}", many(static_cast<std::int64_t>(rounds.size()), "round"))});
  return figures;
}

Json json_of(const Middle& middle) {
  return {{"low", middle.low}, {"median", middle.median}, {"high", middle.high}};
}

Json data_of(const std::vector<ComparedRound>& rounds) {
  Json list = Json::array();
  for (const auto& round : rounds) {
    Json windows = Json::object();
    for (const auto& window : round.story.windows) {
      auto& one = windows[engine::name_or_nothing(window.phase)];
      one = {{"pause_ms", window.pause_ms()},
             {"budget_ms", window.budget_ms},
             {"outcome", engine::name_or_nothing(window.outcome)}};
      if (window.watched) one["watched"] = json_of(*window.watched);
    }
    Json steps = Json::object();
    for (const auto& step : round.story.steps) steps[step.id] = step.ms;
    list.push_back({{"round", round.label},
                    {"run", round.story.record.id},
                    {"good", round.good},
                    {"rolled_back", round.rolled_back},
                    {"surprise", round.surprise},
                    {"solved", round.solved},
                    {"windows", windows},
                    {"steps_ms", steps}});
  }
  return {
      {"rounds", list},
      {"pause_ms", json_of(middle_of(pauses_of(rounds, runbook::PhaseKind::window)))},
      {"outage_ms", json_of(middle_of(outages_of(rounds, runbook::PhaseKind::window)))},
      {"mean_outage_ms", json_of(middle_of(mean_outages_of(rounds, runbook::PhaseKind::window)))},
      {"rollback_pause_ms", json_of(middle_of(pauses_of(rounds, runbook::PhaseKind::rollback_window)))},
      {"rollback_outage_ms", json_of(middle_of(outages_of(rounds, runbook::PhaseKind::rollback_window)))},
      {"rollback_mean_outage_ms", json_of(middle_of(mean_outages_of(rounds, runbook::PhaseKind::rollback_window)))}};
}

}  // namespace

Document compare_report(const std::vector<ComparedRound>& rounds, const std::string& title,
                        const std::vector<Section>& more, const Chain& chain, const Made& made) {
  Document document;
  document.kind = "rounds compared";
  document.title = title;
  const auto& first = rounds.front().story.record;
  document.properties = {{"environment", {text_in(first.begun, "environment_name")}},
                         {"split", {text_in(first.begun, "split_name")}},
                         {"first", {utc(first.begun_at_us)}},
                         {"last", {utc(rounds.back().story.record.begun_at_us)}}};
  document.verdict = verdict_of(rounds, chain);
  Section summary{"summary", "In short", {}};
  summary.add(figures_of(rounds));
  summary.add(rounds_table(rounds));
  document.sections.push_back(std::move(summary));
  Section pauses{"pauses", "How long clients waited", {}};
  for (const auto phase : runbook::both_windows) {
    if (!pauses_of(rounds, phase).empty()) pauses.add(pauses_picture(rounds, phase));
  }
  if (!pauses.blocks.empty()) document.sections.push_back(std::move(pauses));
  Section steps{"steps", "Step by step", {}};
  for (const bool back : {false, true}) {
    if (auto picture = steps_picture(rounds, back); !picture.table.rows.empty()) steps.add(std::move(picture));
  }
  document.sections.push_back(std::move(steps));
  if (auto wrong = surprises_table(rounds); !wrong.columns.empty()) {
    Section section{"surprises", "What went wrong", {}};
    section.add(std::move(wrong));
    document.sections.push_back(std::move(section));
  }
  for (const auto& section : more) document.sections.push_back(section);
  document.made = made_line(made);
  document.data = data_of(rounds);
  return document;
}

}  // namespace pgcleave::report
