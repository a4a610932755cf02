#include "app/resume.h"

#include "base/fields.h"
#include "journal/outcomes.h"
#include "steps/registry.h"

namespace pgcleave::app {
namespace {

bool nothing_left(const engine::RunRecord& run, bool back) {
  using journal::RunOutcome;
  const auto outcome = journal::run_outcome(run.outcome);
  if (outcome == RunOutcome::undone || outcome == RunOutcome::rolled_back) return true;
  return !back && (outcome == RunOutcome::done || outcome == RunOutcome::rollback_undone);
}

Result<void> may_approve(const engine::RunRecord& run, const std::string& environment_file,
                         const std::vector<std::string>& approved) {
  if (approved.empty()) return {};
  const auto frozen =
      runbook::read_runbook(text_in(run.begun, "runbook"), text_in(run.begun, "text"), steps::vocabulary());
  if (frozen.value) TRY(asks_for_these(*frozen.value, approved));
  const auto environment = read_environment_file(environment_file);
  if (!environment.value) return fail(last_of(errors_of(environment.problems)));
  return may_approve_beforehand(*environment.value, approved);
}

}  // namespace

Result<Resumed> resume(journal::Journal& journal, const ResumeAsked& asked, engine::RunOutput speech) {
  const auto intent = asked.how.back ? engine::Intent::rollback : engine::Intent::resume;
  TRY_ASSIGN(const auto runs, journal_runs(journal, asked.run));
  TRY_ASSIGN(const auto run, meant_run(journal, runs, asked.run, intent));
  const auto& given = asked.run.files.environment;
  const auto environment_file = given.empty() ? text_in(run.begun, "environment") : given;
  speech.again = asked.run.files.again(environment_file);
  if (run.finished && nothing_left(run, asked.how.back)) {
    TRY_ASSIGN(auto over, is_over(run, runs, intent, speech.again));
    return Resumed{{}, std::move(over)};
  }
  TRY(may_approve(run, environment_file, asked.approved));
  TRY_ASSIGN(auto acted, act_on(journal, run.id, environment_file, asked.how, speech, people(journal, asked.approved)));
  return Resumed{std::move(acted), ""};
}

}  // namespace pgcleave::app
