#include <cctype>

#include "base/fields.h"
#include "base/format.h"
#include "journal/words/outcomes.h"
#include "report/document/display.h"
#include "report/metrics.h"
#include "report/report.h"
#include "report/sections/run_sections.h"

namespace pgcleave::report {
namespace {

std::string sentence_of(const RunStory& story) {
  auto text = story.ending.empty() ? "the run has not ended" : story.ending;
  const bool rolled_back = story.record.outcome == journal::RunOutcome::rolled_back;
  const auto* window = story.window(rolled_back ? runbook::PhaseKind::rollback_window : runbook::PhaseKind::window);
  if (window != nullptr && window->pause_ms() > 0) {
    text +=
        fmt::format("; clients waited {} of a budget of {}", duration(window->pause_ms()), chosen(window->budget_ms));
  }
  text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text + ".";
}

Verdict verdict_of(const RunStory& story, bool alive, const Chain& chain) {
  using journal::RunOutcome;
  const auto& run = story.record;
  const auto outcome = run.outcome;
  Verdict verdict{Mark::bad, run.state(alive), sentence_of(story), run.misses};
  if (!chain.broken.empty()) {
    verdict = {Mark::bad, "Not to be trusted", "The journal was changed after it was written.", {chain.broken}};
  } else if (!run.finished) {
    verdict.mark = alive ? Mark::note : Mark::bad;
    verdict.word = alive ? "Under way" : "Interrupted";
  } else if (outcome == RunOutcome::done) {
    verdict.mark = run.misses.empty() ? Mark::good : Mark::warning;
    verdict.word = run.misses.empty() ? "Done" : "Done, and something was missed";
  } else if (outcome == RunOutcome::rolled_back) {
    verdict.mark = run.misses.empty() ? Mark::good : Mark::warning;
    verdict.word = "Rolled back";
  } else if (outcome == RunOutcome::waiting) {
    verdict.mark = Mark::note;
    verdict.word = "Waiting for approval";
  } else if (outcome == RunOutcome::stopped) {
    verdict.word = "Stopped, needs a person";
  } else {
    verdict.mark = Mark::warning;
    verdict.word = outcome == RunOutcome::rollback_undone ? "The rollback was undone" : "Undone";
  }
  return verdict;
}

Figure pause_figure(const WindowStory& window) {
  const auto [value, unit] = measure(window.pause_ms());
  const bool within = window.pause_ms() <= window.budget_ms;
  return {
      value, unit, window.back() ? "clients waited, rollback" : "clients waited",
      fmt::format("{} of the budget of {}", percent(window.budget_ms > 0 ? window.pause_ms() / window.budget_ms : 0),
                  chosen(window.budget_ms)),
      within ? Mark::good : Mark::warning};
}

Figures figures_of(const RunStory& story) {
  Figures figures;
  const Watched* worst = nullptr;
  std::int64_t errors = 0;
  for (const auto phase : runbook::both_windows) {
    const auto* window = story.window(phase);
    if (window == nullptr) continue;
    if (window->pause_ms() > 0) figures.all.push_back(pause_figure(*window));
    if (window->watched && window->watched->measured()) {
      if (worst == nullptr || window->watched->outage_ms > worst->outage_ms) worst = &*window->watched;
      errors += window->watched->errors;
    }
  }
  if (worst != nullptr) {
    const auto [value, unit] = measure(worst->outage_ms);
    figures.all.push_back({value, unit, "outage that a client saw",
                           worst->mean_outage_ms > 0
                               ? "the last one served; on average " + duration(worst->mean_outage_ms)
                               : "until the last client was served"});
    figures.all.push_back({count(errors), "", "client errors", "of the prober", errors == 0 ? Mark::good : Mark::bad});
  }
  const auto forth = measure(story.went_back() ? story.back_from_ms : story.end_ms);
  if (!story.went_back())
    figures.all.push_back(
        {forth.value, forth.unit, "the whole run", many(static_cast<std::int64_t>(story.steps.size()), "step")});
  figures.all.push_back({count(static_cast<std::int64_t>(story.mishaps.size())), "", "went wrong",
                         "failures and misses", story.mishaps.empty() ? Mark::good : Mark::warning});
  return figures;
}

Json steps_data(const RunStory& story) {
  Json steps = Json::array();
  for (const auto& step : story.steps) {
    steps.push_back({{"step", step.id},
                     {"uses", step.uses},
                     {"phase", engine::name_or_nothing(step.phase)},
                     {"from_ms", step.from_ms},
                     {"ms", step.ms},
                     {"outcome", name_of(step.outcome)},
                     {"note", step.note}});
  }
  return steps;
}

Json windows_data(const RunStory& story) {
  Json windows = Json::array();
  for (const auto& window : story.windows) {
    Json one{{"phase", engine::name_or_nothing(window.phase)},
             {"attempt", window.attempt},
             {"outcome", engine::name_or_nothing(window.outcome)},
             {"budget_ms", window.budget_ms},
             {"pause_ms", window.pause_ms()}};
    if (window.watched) one["watched"] = json_of(*window.watched);
    windows.push_back(one);
  }
  return windows;
}

Json data_of(const RunStory& story, bool alive, const Chain& chain) {
  const auto& run = story.record;
  Json decisions = Json::array();
  for (const auto& one : story.decisions) {
    decisions.push_back(
        {{"step", one.step}, {"by", one.by}, {"how", one.how}, {"words", one.words}, {"at_us", one.at_us}});
  }
  Json mishaps = Json::array();
  for (const auto& one : story.mishaps)
    mishaps.push_back({{"at_us", one.at_us}, {"where", one.where}, {"what", one.kind}, {"text", one.text}});
  Json lags = Json::array();
  for (const auto& lag : story.lags) lags.push_back({{"step", lag.step}, {"at_ms", lag.at_ms}, {"bytes", lag.bytes}});
  return {{"run", run.id},
          {"state", run.state(alive)},
          {"serves", engine::name_or_nothing(run.serves)},
          {"exit", run.exit},
          {"begun_at_us", run.begun_at_us},
          {"windows", windows_data(story)},
          {"steps", steps_data(story)},
          {"jobs", jobs_data(story)},
          {"decisions", decisions},
          {"mishaps", mishaps},
          {"lag", lags},
          {"misses", run.misses},
          {"evidence",
           {{"journal", chain.journal},
            {"chain_holds", chain.broken.empty()},
            {"broken", chain.broken},
            {"head", chain.head},
            {"last_seq", story.last_seq},
            {"last_hash", story.last_hash}}}};
}

}  // namespace

Document run_report(const RunStory& story, bool alive, const std::vector<journal::Sample>& samples,
                    const std::optional<LastComparison>& compared, const Chain& chain, const Made& made) {
  const auto& begun = story.record.begun;
  Document document;
  document.kind = "run report";
  document.title = fmt::format("{} on {}", text_in(begun, "name"), text_in(begun, "environment_name"));
  document.properties = {
      {"run", code(story.record.id)},
      {"split", {text_in(begun, "split_name")}},
      {"environment", {fmt::format("{} ({})", text_in(begun, "environment_name"), text_in(begun, "class"))}},
      {"began", {utc(story.record.begun_at_us)}},
      {"operator", {text_in(begun, "operator")}},
      {"serves now", {engine::name_or_nothing(story.record.serves)}},
      {"runbook", code(text_in(begun, "sha256").substr(0, 12))},
      {"pgcleave", {text_in(begun, "version")}}};
  document.verdict = verdict_of(story, alive, chain);
  document.sections.push_back({"summary", "In short", {figures_of(story)}});
  for (const auto& window : story.windows) document.sections.push_back(window_section(window, story));
  if (auto section = clients_section(story)) document.sections.push_back(std::move(*section));
  if (auto section = jobs_section(story)) document.sections.push_back(std::move(*section));
  const auto compare = "pgcleave compare -e " + text_in(begun, "environment");
  if (compared || !story.windows.empty()) document.sections.push_back(rows_section(compared, compare, made.at_us));
  document.sections.push_back(timeline_section(story));
  if (auto section = lag_section(story, samples)) document.sections.push_back(std::move(*section));
  if (auto section = before_after_section(story, samples)) document.sections.push_back(std::move(*section));
  document.sections.push_back(decisions_section(story));
  document.sections.push_back(mishaps_section(story));
  document.sections.push_back(evidence_section(story, chain));
  document.made = made_line(made);
  document.data = data_of(story, alive, chain);
  document.data["comparison"] = comparison_data(compared, compare);
  return document;
}

std::string made_line(const Made& made) {
  return fmt::format("Made by pgcleave {} at {}. All times are UTC.", made.version, utc(made.at_us));
}

}  // namespace pgcleave::report
