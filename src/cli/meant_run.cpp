#include "cli/meant_run.h"

#include <algorithm>

#include "base/fields.h"
#include "base/file.h"
#include "base/format.h"
#include "base/log.h"
#include "journal/outcomes.h"

namespace pgcleave::cli {
namespace {

// What the environment file that the command names says of itself. Who acts reads it again, and complains.
engine::SplitWanted wanted_by(const Arguments& arguments) {
  const auto file = arguments.text("environment");
  if (file.empty()) return {};
  const auto environment = read_environment_file(file);
  if (!environment) return {};
  const auto text = read_file(environment->split);
  const auto split = text ? config::read_split(environment->split, *text) : config::Read<config::Split>{};
  return {environment->name, split.value ? split.value->name : ""};
}

}  // namespace

const engine::SplitRuns* JournalRuns::split_of(const std::string& run) const {
  const auto found = std::find_if(splits.begin(), splits.end(), [&](const auto& split) {
    return std::any_of(split.all.begin(), split.all.end(), [&](const auto* one) { return one->id == run; });
  });
  return found == splits.end() ? nullptr : &*found;
}

Result<JournalRuns> journal_runs(const journal::Journal& journal, const Arguments& arguments) {
  JournalRuns runs;
  TRY_ASSIGN(runs.newest_first, all_runs(journal));
  if (runs.newest_first.empty())
    return fail({ErrorKind::invalid, journal.path(), "holds no run", "", "",
                 "begin one with: pgcleave run RUNBOOK -e ENVIRONMENT", ""});
  runs.splits = engine::runs_by_split(runs.newest_first);
  if (arguments.text("RUN").empty()) runs.splits = engine::narrowed(std::move(runs.splits), wanted_by(arguments));
  return runs;
}

Result<engine::RunRecord> meant_run(const journal::Journal& journal, const JournalRuns& runs,
                                    const Arguments& arguments, engine::Intent intent) {
  if (const auto id = arguments.text("RUN"); !id.empty()) return find_run(journal, id);
  TRY_ASSIGN(const auto* run, engine::run_meant(runs.splits, intent, again(arguments, arguments.text("environment"))));
  return *run;
}

Result<engine::RunRecord> inspected_run(const journal::Journal& journal, const Arguments& arguments,
                                        const std::string& id) {
  if (!id.empty()) return find_run(journal, id);
  TRY_ASSIGN(const auto runs, journal_runs(journal, arguments));
  return meant_run(journal, runs, arguments, engine::Intent::inspect);
}

ExitCode tell_over(const engine::RunRecord& run, const JournalRuns& runs, engine::Intent intent,
                   const std::string& rest) {
  const auto* split = runs.split_of(run.id);
  const auto* holds = split == nullptr ? nullptr : split->split_by;
  const auto what = fmt::format("is over: {}; nothing to do", run.state(false));
  // Whoever resumes wants the run done: 0 would say that it is.
  const bool undone = journal::run_outcome(run.outcome) == journal::RunOutcome::undone;
  if (intent == engine::Intent::resume && undone)
    return complain(Error{ErrorKind::not_ready, "run " + run.id,
                          fmt::format("is over: {}; it can't be resumed", run.state(false)), "", "",
                          fmt::format("begin anew with: pgcleave run {}{}", text_in(run.begun, "name"), rest), ""});
  if (holds == nullptr || holds->id == run.id) {
    log::info(fmt::format("run {} ({}) {}", run.id, text_in(run.begun, "name"), what));
    return ExitCode::done;
  }
  const auto whose =
      fmt::format("run {} ({}) split it, and is {}", holds->id, text_in(holds->begun, "name"), holds->state(false));
  const auto command = fmt::format("pgcleave rollback {}{}", holds->id, rest);
  if (intent == engine::Intent::rollback)
    return complain(
        Error{ErrorKind::not_ready, "run " + run.id, what, "", whose, "to roll the split back: " + command, ""});
  log::info(fmt::format("run {} ({}) {}; {}", run.id, text_in(run.begun, "name"), what, whose));
  return ExitCode::done;
}

}  // namespace pgcleave::cli
