#include "cli/session.h"

#include <unistd.h>

#include <algorithm>
#include <iostream>

#include "base/fields.h"
#include "base/format.h"
#include "base/log.h"
#include "base/sha256.h"
#include "cli/change.h"
#include "cli/watching.h"
#include "engine/approvals.h"
#include "engine/for_good.h"

namespace pgcleave::cli {
namespace {

// A run can't be gone back from if it did what can't be undone, or if a later one of the same split did.
Result<void> may_go_back(const journal::Journal& journal, const engine::RunRecord& record, const runbook::Runbook& frozen) {
  if (const auto no = engine::no_way_back(record, frozen)) return fail(*no);
  TRY_ASSIGN(const auto runs, all_runs(journal));
  for (const auto& later : runs) {
    if (later.id == record.id) break;
    const auto done = engine::for_good(later, false);
    if (done.empty() || text_in(later.begun, "split_name") != text_in(record.begun, "split_name")) continue;
    return fail({ErrorKind::not_ready, "run " + record.id,
                 fmt::format("can't be rolled back: run {} ({}) ended the way back", later.id, text_in(later.begun, "name")),
                 "", fmt::format("{}", fmt::join(done, "; ")), "", ""});
  }
  return {};
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
    return fail({ErrorKind::invalid, journal.path(), "holds no run", "", "", "begin one with: pgcleave run RUNBOOK -e ENVIRONMENT", ""});
  if (id.empty()) return std::move(runs.front());
  std::vector<engine::RunRecord> fitting;
  std::copy_if(runs.begin(), runs.end(), std::back_inserter(fitting),
               [&](const auto& run) { return run.id == id || run.id.ends_with("-" + id); });
  if (fitting.size() == 1) return std::move(fitting.front());
  return fail({ErrorKind::invalid, "run " + id, fitting.empty() ? "there is no such run" : "is not unambiguous", "", "",
               "list them with: pgcleave runs", ""});
}

ExitCode tell(const Acted& acted, bool json) {
  const auto& [run, ending] = acted;
  if (json) {
    std::cout << to_text(Json{{"run", run},
                      {"exit", static_cast<int>(ending.exit)},
                      {"text", ending.text},
                      {"truth", ending.truth},
                      {"next", ending.next}}, 2)
              << "\n";
  }
  const auto line = fmt::format("run {}: {}", run, printable(ending.text));
  ending.exit == ExitCode::done ? log::info(line) : log::warn(line);
  log::info("now: " + printable(ending.truth));
  if (!ending.next.empty()) log::info("next: " + ending.next);
  return ending.exit;
}

Approver people(const journal::Journal& journal, const Arguments& arguments) {
  return [&journal, beforehand = arguments.list("approve")](const std::string& run, const engine::Talk& speech) {
    return engine::approvals(journal, run, beforehand, operator_name(), speech.ask);
  };
}

Result<Acted> take_up(journal::Journal& journal, const std::string& id, const std::string& environment_file, bool back,
                      const engine::Talk& speech, const Approver& approver) {
  TRY_ASSIGN(const auto record, find_run(journal, id));
  const auto& begun = record.begun;
  auto frozen = runbook::read_runbook(text_in(begun, "runbook"), text_in(begun, "text"), steps::vocabulary());
  auto split = runbook::read_split(text_in(begun, "split"), text_in(begun, "split_text"));
  complain(frozen.problems);
  complain(split.problems);
  auto environment = read_environment_file(environment_file);
  if (!frozen.value || !split.value || !environment)
    return fail({ErrorKind::invalid, "run " + id, "can't be taken up: one of its files is wrong", "", "", "", ""});
  if (back) TRY(may_go_back(journal, record, *frozen.value));
  if (sha256(environment->text) != text_in(begun, "environment_sha256")) {
    log::warn("the environment file has changed since this run began: " + environment_file);
  }
  const checks::Change change{std::move(*frozen.value),
                              object_in(begun, "params"),
                              std::move(*environment),
                              std::move(*split.value),
                              journal.path(),
                              program_sha256(),
                              utc_now_us()};
  TRY_ASSIGN(const auto lock, journal::SplitLock::take(journal.path(), change.split.name, id));
  // What happened between reading and locking counts too.
  TRY_ASSIGN(const auto events, journal.events(id));
  TRY_ASSIGN(auto world, steps::open_world(change.environment, change.split, Deadline::in(std::chrono::seconds(10))));
  world.run = {id, small_in(begun, "epoch", 1), 1};
  inform(world, change);
  // A bouncer that can't be reached is for the steps to judge.
  if (const auto connected = world.fleet.connect(Deadline::in(std::chrono::seconds(3))); !connected) log::warn(connected.error().text());

  engine::Recorder recorder(journal, id, engine::replay(events), engine::fault_point());
  TRY(recorder.write("run.resumed",
                     {{"operator", operator_name()}, {"host", host_name()}, {"pid", ::getpid()}, {"direction", back ? "rollback" : "on"}}));
  log::info(fmt::format("run {}: {}", id, back ? "going back" : "going on"));
  world.approval = approver(id, speech);
  const Watching watching(world, journal.path(), change.runbook.probe_every);
  engine::Run run(change.runbook, change.params, world, recorder, stop_flag(), speech, watching.windows());
  return Acted{id, back ? run.back() : run.resume()};
}

ExitCode run_again(const Arguments& arguments, const std::string& direction) {
  const auto path = journal_path(arguments);
  if (!path) return ExitCode::invalid;
  auto journal = journal::Journal::open(*path, Deadline::in(std::chrono::seconds(5)));
  if (!journal) return complain(journal.error());
  const auto record = find_run(*journal, arguments.text("RUN"));
  if (!record) return complain(record.error());
  const auto over = record->finished && (record->outcome == "undone" || record->outcome == "rolled_back" ||
                                         (direction.empty() && (record->outcome == "done" || record->outcome == "rollback_undone")));
  if (over) {
    log::info(fmt::format("run {} is over: {}; nothing to do", record->id, record->state(false)));
    return ExitCode::done;
  }
  const auto environment_file =
      arguments.text("environment").empty() ? text_in(record->begun, "environment") : arguments.text("environment");
  if (!arguments.list("approve").empty()) {
    const auto environment = read_environment_file(environment_file);
    if (!environment) return ExitCode::invalid;
    if (const auto may = may_approve_beforehand(*environment, arguments); !may) return complain(may.error());
  }
  const auto acted = take_up(*journal, record->id, environment_file, direction == "rollback", talk(arguments, environment_file),
                             people(*journal, arguments));
  if (!acted) return complain(acted.error());
  return tell(*acted, arguments.flag("json"));
}

}  // namespace pgcleave::cli
