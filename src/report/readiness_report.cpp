#include "base/format.h"
#include "base/sha256.h"
#include "report/document/display.h"
#include "report/sections/run_sections.h"

namespace pgcleave::report {
namespace {

using checks::Severity;

Verdict verdict_of(const checks::Findings& findings, const Readiness& readiness) {
  const auto blockers = static_cast<std::int64_t>(checks::count(findings, Severity::blocker));
  const auto warnings = static_cast<std::int64_t>(checks::count(findings, Severity::warning));
  const auto place = fmt::format("{} on {}", readiness.change.runbook.name, readiness.change.environment.name);
  Verdict verdict;
  verdict.mark = blockers == 0 ? Mark::good : Mark::bad;
  verdict.word = blockers == 0 ? "Ready" : "Not ready";
  verdict.sentence =
      blockers == 0 ? fmt::format("Nothing known stands against {}; {} to know of.", place, many(warnings, "warning"))
                    : fmt::format("{} against {}.",
                                  blockers == 1 ? "One blocker stands" : count(blockers) + " blockers stand", place);
  for (const auto& finding : findings) {
    if (finding.severity == Severity::blocker) verdict.reasons.push_back(finding.object + ": " + finding.evidence);
  }
  return verdict;
}

void add_pause(Figures& figures, const Readiness& readiness, runbook::PhaseKind phase, const std::string& label) {
  const auto pauses = readiness.evidence.rehearsed.pauses(phase);
  const auto budget = runbook::budget_ms(readiness.change, phase);
  if (pauses.count == 0) return;
  const auto [value, unit] = measure(pauses.p90);
  figures.all.push_back({value, unit, label,
                         fmt::format("p90 of {}; budget {}", many(pauses.count, "round"), chosen(budget)),
                         budget <= 0           ? Mark::none
                         : pauses.p90 > budget ? Mark::bad
                                               : Mark::good});
}

Figures figures_of(const Readiness& readiness, const checks::Findings& findings) {
  Figures figures;
  const auto& rehearsed = readiness.evidence.rehearsed;
  const auto& runbook = readiness.change.runbook;
  const auto blockers = static_cast<std::int64_t>(checks::count(findings, Severity::blocker));
  figures.all.push_back({count(blockers), "", "blockers",
                         many(static_cast<std::int64_t>(checks::count(findings, Severity::warning)), "warning"),
                         blockers == 0 ? Mark::good : Mark::bad});
  figures.all.push_back({fmt::format("{}/{}", rehearsed.good(), runbook.rehearsal.times), "", "good rehearsals",
                         fmt::format("{} ran the whole rollback", rehearsed.rolled_back()),
                         rehearsed.good() >= runbook.rehearsal.times ? Mark::good : Mark::bad});
  add_pause(figures, readiness, runbook::PhaseKind::window, "clients will wait");
  add_pause(figures, readiness, runbook::PhaseKind::rollback_window, "clients wait, rollback");
  const auto outage = middle_of(outages_of(readiness.rounds, runbook::PhaseKind::window));
  if (outage.high > 0) {
    const auto [value, unit] = measure(outage.high);
    figures.all.push_back({value, unit, "outage that a client saw", "the worst round"});
  }
  if (!runbook.roles.empty()) {
    std::size_t given = 0;
    for (const auto& role : runbook.roles) {
      const auto& all = readiness.evidence.signatures;
      given += std::any_of(all.begin(), all.end(), [&](const auto& one) { return one.role == role; }) ? 1 : 0;
    }
    figures.all.push_back({fmt::format("{}/{}", given, runbook.roles.size()), "", "sign-offs", "",
                           given == runbook.roles.size() ? Mark::good : Mark::bad});
  }
  return figures;
}

Json json_of(const readiness::Spread& spread, double budget) {
  return {{"rounds", spread.count},
          {"p50_ms", spread.p50},
          {"p90_ms", spread.p90},
          {"max_ms", spread.max},
          {"budget_ms", budget}};
}

Json data_of(const Readiness& readiness, const checks::Findings& findings) {
  const auto& change = readiness.change;
  const auto& rehearsed = readiness.evidence.rehearsed;
  Json list = Json::array();
  for (const auto& finding : findings) list.push_back(checks::json_of(finding));
  Json rounds = Json::array();
  for (const auto& round : readiness.rounds) {
    rounds.push_back({{"round", round.label},
                      {"run", round.story.record.id},
                      {"good", round.good},
                      {"rolled_back", round.rolled_back},
                      {"surprise", round.surprise},
                      {"solved", round.solved}});
  }
  Json signatures = Json::array();
  for (const auto& one : readiness.evidence.signatures) {
    signatures.push_back({{"role", one.role}, {"by", one.by}, {"text", one.text}, {"at_us", one.at_us}});
  }
  Json journals = Json::array();
  for (const auto& chain : readiness.chains)
    journals.push_back({{"journal", chain.journal}, {"head", chain.head}, {"broken", chain.broken}});
  Json forecast = Json::object();
  for (const auto phase : runbook::both_windows)
    forecast[name_of(phase)] = json_of(rehearsed.pauses(phase), runbook::budget_ms(change, phase));
  return {{"ready", checks::count(findings, Severity::blocker) == 0},
          {"runbook", change.runbook.path},
          {"runbook_sha256", change.runbook.sha256},
          {"split_sha256", sha256(change.split.text)},
          {"binary_sha256", change.binary_sha256},
          {"environment", change.environment.name},
          {"findings", list},
          {"forecast", forecast},
          {"likely_ms", likely_ms(readiness, false)},
          {"likely_rollback_ms", likely_ms(readiness, true)},
          {"rounds", rounds},
          {"not_counting", rehearsed.others.size()},
          {"roles", change.runbook.roles},
          {"signatures", signatures},
          {"comparison", comparison_data(readiness.evidence.compared, compare_command(change))},
          {"journals", journals}};
}

}  // namespace

Document readiness_report(const Readiness& readiness, const Made& made) {
  const auto findings = findings_of(readiness);
  const auto& change = readiness.change;
  Document document;
  document.kind = "readiness review";
  document.title = fmt::format("{} on {}", change.runbook.name, change.environment.name);
  document.verdict = verdict_of(findings, readiness);
  document.properties = {
      {"environment",
       {fmt::format("{} ({})", change.environment.name, change.environment.production ? "production" : "staging")}},
      {"split", {change.split.name}},
      {"runbook", {change.runbook.summary.empty() ? change.runbook.name : change.runbook.summary}},
      {"checked", {readiness.check ? utc(readiness.check->at_us) : "never"}}};
  Section summary{"summary", "In short", {}};
  summary.add(figures_of(readiness, findings));
  document.sections.push_back(std::move(summary));
  for (const auto part :
       {findings_section, compared_section, change_section, topology_section, rehearsals_section, forecast_section,
        rollback_section, schedule_section, watch_section, signatures_section, sources_section}) {
    document.sections.push_back(part(readiness));
  }
  document.made = made_line(made);
  document.data = data_of(readiness, findings);
  return document;
}

}  // namespace pgcleave::report
