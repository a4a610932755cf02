#include "report/gather.h"

#include <map>

#include "base/file.h"
#include "base/format.h"
#include "journal/words/outcomes.h"
#include "readiness/process_findings.h"
#include "report/metrics.h"

namespace pgcleave::report {
namespace {

constexpr auto patience = std::chrono::seconds(5);

Result<journal::Journal> opened(const std::string& path) {
  return journal::Journal::open_to_read(path, Deadline::in(patience));
}

}  // namespace

Chain chain_of(const journal::Journal& journal) {
  Chain chain{journal.path(), journal.head().value_or(""), ""};
  if (const auto whole = journal.verify_chain(); !whole) chain.broken = whole.error().text();
  return chain;
}

std::vector<journal::Sample> samples_around(const journal::Journal& journal, const RunStory& story) {
  const auto samples = journal::Samples::open_to_read(journal::samples_path(journal.path()), Deadline::in(patience));
  if (!samples) return {};
  const auto stretch = stretch_of(story);
  return samples->between(stretch.from_us, stretch.to_us).value_or(std::vector<journal::Sample>());
}

Result<ComparedRound> compared(const journal::Journal& journal, const engine::RunRecord& run) {
  TRY_ASSIGN(const auto events, journal.events(run.id));
  ComparedRound round{"run " + run.id.substr(run.id.rfind('-') + 1), tell(events)};
  const auto outcome = run.outcome;
  round.rolled_back = outcome == journal::RunOutcome::rolled_back;
  round.good = (outcome == journal::RunOutcome::done || round.rolled_back) && run.misses.empty();
  if (!round.good) round.surprise = round.story.ending.empty() ? "it did not end" : round.story.ending;
  return round;
}

Result<std::vector<ComparedRound>> compared(const std::vector<readiness::Round>& rounds) {
  std::map<std::string, journal::Journal> journals;
  std::vector<ComparedRound> told;
  bool one_rehearsal = true;
  for (const auto& round : rounds) one_rehearsal = one_rehearsal && round.rehearsal == rounds.front().rehearsal;
  for (const auto& round : rounds) {
    if (!journals.contains(round.journal)) {
      TRY_ASSIGN(auto journal, opened(round.journal));
      journals.emplace(round.journal, std::move(journal));
    }
    TRY_ASSIGN(const auto events, journals.at(round.journal).events(round.run.id));
    // Of several rehearsals each is named by the end of its id.
    const auto label =
        one_rehearsal
            ? fmt::format("round {}", round.number)
            : fmt::format("{} round {}", round.rehearsal.substr(round.rehearsal.rfind('-') + 1), round.number);
    told.push_back({label, tell(events), round.good, round.rolled_back, round.surprise, round.solved, round.solved_by});
  }
  return told;
}

Result<Readiness> gather(const runbook::Change& change) {
  Readiness readiness{.change = change, .evidence = readiness::evidence_for(change)};
  readiness.process = readiness::process_findings(change, readiness.evidence);
  TRY_ASSIGN(readiness.rounds, compared(readiness.evidence.rehearsed.counting));
  auto paths = change.environment.rehearsals;
  paths.push_back(change.journal);
  for (const auto& path : paths) {
    if (!exists(path)) continue;
    const auto journal = opened(path);
    // One that can't be read is a finding of the process already.
    if (!journal) continue;
    readiness.chains.push_back(chain_of(*journal));
    if (path == change.journal) readiness.check = newest_check(*journal, change);
  }
  return readiness;
}

}  // namespace pgcleave::report
