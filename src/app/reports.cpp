#include "app/reports.h"

#include "app/meant_run.h"
#include "app/rehearsal.h"
#include "base/fields.h"
#include "base/version.h"
#include "report/gather.h"
#include "report/metrics.h"
#include "report/report.h"

namespace pgcleave::app {
namespace {

report::Made made_now() {
  return {utc_now_us(), version()};
}

Result<std::vector<report::ComparedRound>> rounds_to_compare(const journal::Journal& journal,
                                                             const std::vector<std::string>& runs,
                                                             const std::string& rehearsal) {
  if (runs.empty()) {
    TRY_ASSIGN(const auto rounds, rounds_of(journal, rehearsal.empty() ? "last" : rehearsal));
    return report::compared(rounds);
  }
  std::vector<report::ComparedRound> rounds;
  for (const auto& id : runs) {
    TRY_ASSIGN(const auto run, find_run(journal, id));
    TRY_ASSIGN(auto round, report::compared(journal, run));
    rounds.push_back(std::move(round));
  }
  return rounds;
}

}  // namespace

Result<ReportMade> report_of_run(const journal::Journal& journal, const engine::RunRecord& run) {
  TRY_ASSIGN(const auto events, journal.events(run.id));
  const bool alive = !run.finished && journal::SplitLock::is_held(journal.path(), text_in(run.begun, "split_name"));
  const auto chain = report::chain_of(journal);
  const auto story = report::tell(events);
  TRY_ASSIGN(const auto compared, readiness::last_comparison(journal, text_in(run.begun, "split_name"),
                                                             text_in(run.begun, "environment_name")));
  return ReportMade{
      report::run_report(story, alive, report::samples_around(journal, story), compared, chain, made_now()),
      chain.broken.empty()};
}

Result<ReportMade> report_of_rounds(const journal::Journal& journal, const std::vector<std::string>& runs,
                                    const std::string& rehearsal) {
  TRY_ASSIGN(const auto rounds, rounds_to_compare(journal, runs, rehearsal));
  if (rounds.empty())
    return fail({ErrorKind::not_ready, journal.path(), "holds no round of a rehearsal", "", "",
                 "name runs, or rehearse first", ""});
  const auto chain = report::chain_of(journal);
  const auto name = text_in(rounds.front().story.record.begun, "name");
  std::vector<report::Section> more;
  const auto& last = rounds.back().story;
  if (auto section = report::before_after_section(last, report::samples_around(journal, last)))
    more.push_back(std::move(*section));
  return ReportMade{report::compare_report(rounds, name + ", round by round", more, chain, made_now()),
                    chain.broken.empty()};
}

Result<ReportMade> report_of_readiness(const runbook::Change& change) {
  TRY_ASSIGN(const auto readiness, report::gather(change));
  const bool blocked = checks::count(report::findings_of(readiness), checks::Severity::blocker) > 0;
  return ReportMade{report::readiness_report(readiness, made_now()), !blocked};
}

}  // namespace pgcleave::app
