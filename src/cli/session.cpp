#include "cli/session.h"

#include <unistd.h>

#include <algorithm>
#include <iostream>

#include "base/fields.h"
#include "base/format.h"
#include "base/lines.h"
#include "base/log.h"
#include "cli/meant_run.h"
#include "cli/rollback_path.h"
#include "cli/unwritten.h"
#include "engine/approvals.h"
#include "journal/outcomes.h"

namespace pgcleave::cli {

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

Result<journal::SplitHold> hold_split(journal::Journal& journal, const std::string& split, const std::string& run) {
  TRY_ASSIGN(auto hold, journal.hold(split, run, Deadline::in(std::chrono::seconds(10))));
  if (hold.is_held()) return hold;
  return fail({ErrorKind::not_ready, "split " + split, "can't be held: the file system of the journal does not answer",
               "", journal.path(),
               "look at the file system (frozen? an NFS server that is gone?), then try again; nothing was changed",
               ""});
}

bool leaves_clients_waiting(const engine::RunRecord& record) {
  return std::any_of(record.windows.begin(), record.windows.end(), [](const auto& window) {
    return window.second.open || journal::window_outcome(window.second.outcome) == journal::WindowOutcome::failed;
  });
}

ExitCode tell(const Acted& acted, bool json) {
  const auto& run = acted.run;
  const auto& ending = acted.ending;
  if (json) {
    std::cout << to_text(Json{{"run", run},
                              {"exit", static_cast<int>(ending.exit)},
                              {"text", ending.text},
                              {"truth", ending.state},
                              {"next", ending.next}},
                         2)
              << "\n";
  }
  const auto line = fmt::format("run {}: {}", run, printable_lines(ending.text));
  // Who waits for a person has not failed.
  ending.exit == ExitCode::done || ending.exit == ExitCode::waiting ? log::info(line) : log::warn(line);
  log::info("now: " + printable(ending.state));
  if (!ending.next.empty()) log::info("next: " + ending.next);
  return ending.exit;
}

Approver people(const journal::Journal& journal, const Arguments& arguments) {
  return [&journal, beforehand = arguments.list("approve")](const std::string& run, const engine::RunOutput& speech) {
    return engine::approvals(journal, run, beforehand, operator_name(), speech.ask);
  };
}

namespace {

bool nothing_left(const engine::RunRecord& run, bool back) {
  using journal::RunOutcome;
  const auto outcome = journal::run_outcome(run.outcome);
  if (outcome == RunOutcome::undone || outcome == RunOutcome::rolled_back) return true;
  return !back && (outcome == RunOutcome::done || outcome == RunOutcome::rollback_undone);
}

}  // namespace

ExitCode run_again(const Arguments& arguments, engine::Intent intent) {
  const auto path = journal_path(arguments);
  if (!path) return ExitCode::invalid;
  auto journal = journal::Journal::open_existing(*path, Deadline::in(std::chrono::seconds(5)));
  if (!journal) return complain(journal.error());
  const bool back = intent == engine::Intent::rollback;
  const auto runs = journal_runs(*journal, arguments);
  if (!runs) return complain(runs.error());
  const auto record = meant_run(*journal, *runs, arguments, intent);
  if (!record) return complain(record.error());
  const auto environment_file =
      arguments.text("environment").empty() ? text_in(record->begun, "environment") : arguments.text("environment");
  if (record->finished && nothing_left(*record, back))
    return tell_over(*record, *runs, intent, again(arguments, environment_file));
  if (!arguments.list("approve").empty()) {
    const auto frozen =
        runbook::read_runbook(text_in(record->begun, "runbook"), text_in(record->begun, "text"), steps::vocabulary());
    if (frozen.value) {
      if (const auto asks = asks_for_these(*frozen.value, arguments); !asks) return complain(asks.error());
    }
    const auto environment = read_environment_file(environment_file);
    if (!environment) return ExitCode::invalid;
    if (const auto may = may_approve_beforehand(*environment, arguments); !may) return complain(may.error());
  }
  const Asked asked{.back = back,
                    .take_over = arguments.flag("takeover"),
                    .emergency = back && arguments.flag("emergency"),
                    .gone = arguments.list("gone")};
  const auto acted = act_on(*journal, record->id, environment_file, asked, talk(arguments, environment_file),
                            people(*journal, arguments));
  if (!acted) return complain(acted.error());
  const auto exit = tell(*acted, arguments.flag("json"));
  // The reason in the words of `status`.
  if (back && exit == ExitCode::not_ready) {
    if (const auto again = find_run(*journal, record->id)) warn_of_losses(rollback_path_of(*again, arguments));
  }
  if (!acted->clients_may_wait) await_unwritten(*journal, patience_with_unwritten);
  return exit;
}

}  // namespace pgcleave::cli
