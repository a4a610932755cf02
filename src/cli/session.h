// Everything that an acting command needs, opened in the order in which it can fail without harm.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "cli/files.h"
#include "engine/run.h"
#include "engine/split_runs.h"
#include "journal/journal.h"
#include "readiness/evidence.h"

namespace pgcleave::cli {

// Ctrl-C, SIGTERM and SIGHUP set this flag from the moment of the first call.
StopFlag& stop_flag();

engine::RunOutput talk(const Arguments& arguments, const std::string& environment);

// What a command about a run needs besides its id to find it again: " -e lab.yml", and " --journal ..." if that was
// given.
std::string again(const Arguments& arguments, const std::string& environment);

// Which round of which rehearsal a run is; empty for all others.
struct Origin {
  std::string rehearsal;
  int round = 0;
  bool take_over = false;  // of a split that another run holds
  Json readiness;          // what run.begun says of it (cli/ready.h)
};

struct Acted {
  std::string run;
  engine::RunResult ending;
  bool clients_may_wait = false;  // a window is open, or was not undone
};

// For this process, as long as it lives; `held` when another one does.
Result<journal::SplitHold> hold_split(journal::Journal& journal, const std::string& split, const std::string& run);
bool leaves_clients_waiting(const engine::RunRecord& record);
constexpr Duration patience_with_unwritten = std::chrono::minutes(1);

// Who answers a run's gates.
using Answers = std::function<std::optional<world::Approval>(const world::Question& question)>;
using Approver = std::function<Answers(const std::string& run, const engine::RunOutput& speech)>;
// People: --approve, `pgcleave approve`, or the terminal. The journal must outlive it.
Approver people(const journal::Journal& journal, const Arguments& arguments);

// A new run, to its end. An error: it was not even begun.
Result<Acted> begin(journal::Journal& journal, const runbook::Change& change, const Origin& origin,
                    const engine::RunOutput& speech, const Approver& approver);
// What was asked of an earlier run.
struct Asked {
  bool back = false;
  bool take_over = false;         // of a run that another host works on
  bool emergency = false;         // back without proofs
  std::vector<std::string> gone;  // bouncers that are out of service
};
Result<Acted> act_on(journal::Journal& journal, const std::string& id, const std::string& environment_file,
                     const Asked& asked, const engine::RunOutput& speech, const Approver& approver);
// Prints an ending; its exit code.
ExitCode tell(const Acted& acted, bool json);

// Whoever acts on production says its name (or --yes), so that the wrong terminal does not split the wrong database.
bool confirmed(const config::Environment& environment, const Arguments& arguments);

// On production a gate is approved when it is reached, by somebody who has seen what came before it.
Result<void> may_approve_beforehand(const config::Environment& environment, const Arguments& arguments);

// `invalid` when --approve names what is no step of this runbook, or one that asks nobody.
Result<void> asks_for_these(const runbook::Runbook& runbook, const Arguments& arguments);

// `run`: a new run. Returns its exit code after printing the ending.
ExitCode run_new(const Arguments& arguments);

// `resume` (an earlier one in the direction that it had) and `rollback`.
ExitCode run_again(const Arguments& arguments, engine::Intent intent);

// Runs of the journal, newest first.
Result<std::vector<engine::RunRecord>> all_runs(const journal::Journal& journal);
// The run with that id (or its unambiguous end), or the newest when it is empty.
Result<engine::RunRecord> find_run(const journal::Journal& journal, const std::string& id);

std::string operator_name();  // user@host
std::string host_name();
// Its file: the path that is the same from every folder, and what a copy does not share.
std::string journal_identity(const journal::Journal& journal);

}  // namespace pgcleave::cli
