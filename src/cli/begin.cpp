// Begins a new run: who asks, whether it may, its first event.
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>

#include "base/fields.h"
#include "base/format.h"
#include "base/log.h"
#include "base/sha256.h"
#include "base/version.h"
#include "cli/change.h"
#include "cli/guarding.h"
#include "cli/holding.h"
#include "cli/ready.h"
#include "cli/run_watch.h"
#include "cli/session.h"
#include "cli/unwritten.h"
#include "cli/written_down.h"
#include "engine/approvals.h"
#include "engine/split_runs.h"
#include "world/holding.h"
#include "world/run_servers.h"

namespace pgcleave::cli {
namespace {

Result<void> no_other_run(const journal::Journal& journal, const std::string& split, const std::string& rest) {
  TRY_ASSIGN(const auto runs, all_runs(journal));
  for (const auto& run : runs) {
    if (text_in(run.begun, "split_name") != split || !run.is_open()) continue;
    return fail({ErrorKind::held, "split " + split, fmt::format("run {} is not finished: {}", run.id, run.state(false)),
                 "", "", engine::next_command(run, rest), ""});
  }
  return {};
}

// A run that was refused after the split is not the one to go on with.
void tell_who_split(const journal::Journal& journal, const std::string& refused, const std::string& rest) {
  const auto runs = all_runs(journal);
  if (!runs) return;
  for (const auto& split : engine::runs_by_split(*runs)) {
    const auto is_of = [&](const auto* run) { return run->id == refused; };
    if (split.split_by == nullptr || std::none_of(split.all.begin(), split.all.end(), is_of)) continue;
    log::info(
        fmt::format("split {} is done already, by run {} ({}): this run changes nothing of it; to roll it back: "
                    "pgcleave rollback {}{}",
                    split.split, split.split_by->id, text_in(split.split_by->begun, "name"), split.split_by->id, rest));
  }
}

Json beginning(const runbook::Change& change, const Origin& origin, int epoch, const Json& servers) {
  const auto& [runbook, params, environment, split, journal, program, now] = change;
  return {{"runbook", runbook.path},
          {"name", runbook.name},
          {"text", runbook.text},
          {"sha256", runbook.sha256},
          {"params", params},
          {"environment", environment.path},
          {"environment_name", environment.name},
          {"environment_sha256", sha256(environment.text)},
          {"source_scope", environment.source.scope},
          {"target_scope", environment.target.scope},
          {"class", environment.production ? "production" : "staging"},
          {"servers", servers},
          {"split", split.path},
          {"split_name", split.name},
          {"split_text", split.text},
          {"split_sha256", sha256(split.text)},
          {"readiness", origin.readiness},
          {"rehearsal", origin.rehearsal},
          {"round", origin.round},
          {"epoch", epoch},
          {"operator", operator_name()},
          {"host", host_name()},
          {"pid", ::getpid()},
          {"version", version()},
          {"binary_sha256", program}};
}

}  // namespace

bool confirmed(const config::Environment& environment, const Arguments& arguments) {
  if (!environment.production || arguments.flag("yes")) return true;
  if (::isatty(STDIN_FILENO) == 0) {
    log::error(fmt::format("environment {}: is of class production; confirm with --yes, or type its name at a terminal",
                           environment.name));
    return false;
  }
  std::cerr << "This is production. Type the environment's name (" << environment.name << ") to go on: " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  if (answer == environment.name) return true;
  log::error(Error{ErrorKind::invalid, "environment " + environment.name, "was not confirmed: another name was typed",
                   environment.name, answer,
                   "nothing was begun; give the command again, and type the name as it stands in the environment file",
                   ""}
                 .text());
  return false;
}

std::string host_name() {
  utsname name{};
  ::uname(&name);
  return name.nodename;
}

Result<void> may_approve_beforehand(const config::Environment& environment, const Arguments& arguments) {
  if (!environment.production || arguments.list("approve").empty()) return {};
  return fail({ErrorKind::invalid, "environment " + environment.name,
               "is of class production: its gates can't be approved beforehand", "", "--approve",
               "leave it out; when the run waits: pgcleave approve RUN STEP", ""});
}

Result<Acted> begin(journal::Journal& journal, const runbook::Change& change, const Origin& origin,
                    const engine::RunOutput& speech, const Approver& approver) {
  const auto& environment = change.environment;
  const auto id = journal::new_run_id();
  TRY_ASSIGN(const auto hold, hold_split(journal, change.split.name, id));
  TRY(no_other_run(journal, change.split.name, speech.again));
  TRY_ASSIGN(auto world, open_world_of(change, Deadline::in(std::chrono::seconds(10))));
  const auto held = world::split_held(world, Deadline::in(std::chrono::seconds(5)));
  world.run = {id, held.last_epoch() + 1, 1, operator_name(), host_name(), journal_identity(journal), origin.take_over};
  world.run.knows_all = !origin.take_over || !held.other_than(world.run.as_holder());
  TRY(may_act(world, journal, held, fmt::format("pgcleave run {}{}", change.runbook.path, speech.again)));
  TRY_ASSIGN(const auto servers, world::note_servers(world, Deadline::in(std::chrono::seconds(5))));
  world::expect_servers(world, servers);
  TRY(as_this_journal_wrote_it(world, journal, Deadline::in(std::chrono::seconds(5))));
  inform(world, change);

  engine::Recorder recorder(journal, id, {}, engine::fault_point());
  TRY(recorder.write("run.begun", beginning(change, origin, world.run.epoch, servers)));
  log::info(fmt::format("run {}: {} on {} ({}), split {}", id, change.runbook.name, environment.name,
                        environment.production ? "production" : "staging", change.split.name));
  world.approval = approver(id, speech);
  const RunWatch watching(world, journal.path(), change.runbook.probe_every);
  Guard guard(id, journal.path(), environment.path);
  engine::Run run(change.runbook, change.params, world, recorder, stop_flag(), speech, watching.windows(),
                  guard.hooks());
  auto ending = run.forward();
  return Acted{id, std::move(ending), leaves_clients_waiting(recorder.record())};
}

ExitCode run_new(const Arguments& arguments) {
  const auto change = read_change(arguments, arguments.text("RUNBOOK"));
  if (!change) return ExitCode::invalid;
  if (const auto may = may_approve_beforehand(change->environment, arguments); !may) return complain(may.error());
  if (const auto asks = asks_for_these(change->runbook, arguments); !asks) return complain(asks.error());
  if (!may_use_files(*change)) return ExitCode::invalid;
  const auto readiness = readiness_or_reason(*change, arguments.text("force"));
  if (!readiness) return complain(readiness.error());
  if (!confirmed(change->environment, arguments)) return ExitCode::invalid;
  auto journal = journal::Journal::open(change->journal, Deadline::in(std::chrono::seconds(5)));
  if (!journal) return complain(journal.error());
  const auto speech = talk(arguments, arguments.text("environment"));
  const Origin origin{"", 0, arguments.flag("takeover"), *readiness};
  const auto acted = begin(*journal, *change, origin, speech, people(*journal, arguments));
  if (!acted) return complain(acted.error());
  const auto exit = tell(*acted, arguments.flag("json"));
  if (exit == ExitCode::not_ready) tell_who_split(*journal, acted->run, speech.again);
  // The guard comes in only when this process has gone.
  if (!acted->clients_may_wait) await_unwritten(*journal, patience_with_unwritten);
  return exit;
}

}  // namespace pgcleave::cli
