#include "app/meant_run.h"

#include <algorithm>

#include "base/fields.h"
#include "base/file.h"
#include "base/format.h"
#include "journal/words/outcomes.h"

namespace pgcleave::app {
namespace {

// What the environment file that the command names says of itself. Who acts reads it again, and complains.
engine::SplitWanted wanted_by(const RunNamed& named) {
  if (named.files.environment.empty()) return {};
  const auto environment = told_environment(named.files.environment);
  if (!environment) return {};
  const auto text = read_file(environment->split);
  const auto split = text ? config::read_split(environment->split, *text) : config::Read<config::Split>{};
  return {environment->name, split.value ? split.value->name : ""};
}

}  // namespace

Result<std::vector<engine::RunRecord>> all_runs(const journal::Journal& journal) {
  TRY_ASSIGN(const auto begun, journal.events_of_type("run.begun"));
  std::vector<engine::RunRecord> runs;
  for (const auto& event : begun) {
    TRY_ASSIGN(const auto events, journal.events(event.run));
    runs.push_back(engine::replay(events));
  }
  std::reverse(runs.begin(), runs.end());
  return runs;
}

Result<engine::RunRecord> find_run(const journal::Journal& journal, const std::string& id) {
  TRY_ASSIGN(auto runs, all_runs(journal));
  if (runs.empty())
    return fail({ErrorKind::invalid, journal.path(), "holds no run", "", "",
                 "begin one with: pgcleave run RUNBOOK -e ENVIRONMENT", ""});
  if (id.empty()) return std::move(runs.front());
  std::vector<engine::RunRecord> fitting;
  std::copy_if(runs.begin(), runs.end(), std::back_inserter(fitting),
               [&](const auto& run) { return run.id == id || run.id.ends_with("-" + id); });
  if (fitting.size() == 1) return std::move(fitting.front());
  return fail({ErrorKind::invalid, "run " + id, fitting.empty() ? "there is no such run" : "is not unambiguous", "", "",
               "list them with: pgcleave runs", ""});
}

const engine::SplitRuns* JournalRuns::split_of(const std::string& run) const {
  const auto found = std::find_if(splits.begin(), splits.end(), [&](const auto& split) {
    return std::any_of(split.all.begin(), split.all.end(), [&](const auto* one) { return one->id == run; });
  });
  return found == splits.end() ? nullptr : &*found;
}

Result<JournalRuns> journal_runs(const journal::Journal& journal, const RunNamed& named) {
  JournalRuns runs;
  TRY_ASSIGN(runs.newest_first, all_runs(journal));
  if (runs.newest_first.empty())
    return fail({ErrorKind::invalid, journal.path(), "holds no run", "", "",
                 "begin one with: pgcleave run RUNBOOK -e ENVIRONMENT", ""});
  runs.splits = engine::runs_by_split(runs.newest_first);
  if (named.id.empty()) runs.splits = engine::narrowed(std::move(runs.splits), wanted_by(named));
  return runs;
}

Result<engine::RunRecord> meant_run(const journal::Journal& journal, const JournalRuns& runs, const RunNamed& named,
                                    engine::Intent intent) {
  if (!named.id.empty()) return find_run(journal, named.id);
  TRY_ASSIGN(const auto* run, engine::run_meant(runs.splits, intent, named.files.again(named.files.environment)));
  return *run;
}

Result<engine::RunRecord> inspected_run(const journal::Journal& journal, const RunNamed& named) {
  if (!named.id.empty()) return find_run(journal, named.id);
  TRY_ASSIGN(const auto runs, journal_runs(journal, named));
  return meant_run(journal, runs, named, engine::Intent::inspect);
}

Result<std::string> is_over(const engine::RunRecord& run, const JournalRuns& runs, engine::Intent intent,
                            const std::string& rest) {
  const auto* split = runs.split_of(run.id);
  const auto* holds = split == nullptr ? nullptr : split->split_by;
  const auto what = fmt::format("is over: {}; nothing to do", run.state(false));
  // Whoever resumes wants the run done: 0 would say that it is.
  const bool undone = run.outcome == journal::RunOutcome::undone;
  if (intent == engine::Intent::resume && undone)
    return fail({ErrorKind::not_ready, "run " + run.id,
                 fmt::format("is over: {}; it can't be resumed", run.state(false)), "", "",
                 fmt::format("begin anew with: pgcleave run {}{}", text_in(run.begun, "name"), rest), ""});
  if (holds == nullptr || holds->id == run.id)
    return fmt::format("run {} ({}) {}", run.id, text_in(run.begun, "name"), what);
  const auto whose =
      fmt::format("run {} ({}) split it, and is {}", holds->id, text_in(holds->begun, "name"), holds->state(false));
  const auto command = fmt::format("pgcleave rollback {}{}", holds->id, rest);
  if (intent == engine::Intent::rollback)
    return fail({ErrorKind::not_ready, "run " + run.id, what, "", whose, "to roll the split back: " + command, ""});
  return fmt::format("run {} ({}) {}; {}", run.id, text_in(run.begun, "name"), what, whose);
}

}  // namespace pgcleave::app
