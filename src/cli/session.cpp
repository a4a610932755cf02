#include "cli/session.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>

#include "base/format.h"
#include "base/log.h"
#include "base/sha256.h"
#include "cli/watching.h"
#include "engine/approvals.h"
#include "engine/for_good.h"
#include "postgres/ownership.h"

namespace pgcleave::cli {
namespace {

std::string host_name() {
  utsname name{};
  ::uname(&name);
  return name.nodename;
}

ExitCode tell(const engine::Ending& ending, const std::string& run, bool json) {
  if (json) {
    std::cout << Json{{"run", run},
                      {"exit", static_cast<int>(ending.exit)},
                      {"text", ending.text},
                      {"truth", ending.truth},
                      {"next", ending.next}}
                     .dump(2)
              << "\n";
  }
  const auto line = fmt::format("run {}: {}", run, printable(ending.text));
  ending.exit == ExitCode::done ? log::info(line) : log::warn(line);
  log::info("now: " + printable(ending.truth));
  if (!ending.next.empty()) log::info("next: " + ending.next);
  return ending.exit;
}

// Whoever runs this on production says its name, so that the wrong terminal does not split the wrong database.
bool confirmed(const runbook::Environment& environment, const Arguments& arguments) {
  if (!environment.production || arguments.flag("yes")) return true;
  if (::isatty(STDIN_FILENO) == 0) {
    log::error(fmt::format("environment {}: is of class production; confirm with --yes, or type its name at a terminal", environment.name));
    return false;
  }
  std::cerr << "This is production. Type the environment's name (" << environment.name << ") to go on: " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  return answer == environment.name;
}

// On production a gate is approved when it is reached, by somebody who has seen what came before it.
Result<void> may_approve_beforehand(const runbook::Environment& environment, const Arguments& arguments) {
  if (!environment.production || arguments.list("approve").empty()) return {};
  return fail({ErrorKind::invalid, "environment " + environment.name, "is of class production: its gates can't be approved beforehand", "",
               "--approve", "leave it out; when the run waits: pgcleave approve RUN STEP", ""});
}

// Higher than whoever acted before, on either side.
int next_epoch(steps::World& world) {
  int epoch = 0;
  const auto deadline = Deadline::in(std::chrono::seconds(5));
  for (auto* side : {&world.source, &world.target}) {
    auto leader = side->leader(deadline);
    if (!leader) continue;
    const auto installed = postgres::owner(**leader, world.split.name, deadline);
    if (!installed || !installed->has_value()) continue;
    if (const auto last = postgres::last_epoch(**leader, world.split.name, deadline); last) epoch = std::max(epoch, *last);
  }
  return epoch + 1;
}

Result<void> no_other_run(const journal::Journal& journal, const std::string& split, const std::string& rest) {
  TRY_ASSIGN(const auto runs, all_runs(journal));
  for (const auto& run : runs) {
    if (run.begun.value("split_name", std::string()) != split || !run.is_open()) continue;
    return fail({ErrorKind::held, "split " + split, fmt::format("run {} is not finished: {}", run.id, run.state(false)), "", "",
                 engine::next_command(run, rest), ""});
  }
  return {};
}

Json beginning(const runbook::Runbook& runbook, const Json& params, const runbook::Environment& environment, const runbook::Split& split,
               int epoch) {
  return {{"runbook", runbook.path},
          {"name", runbook.name},
          {"text", runbook.text},
          {"sha256", runbook.sha256},
          {"params", params},
          {"environment", environment.path},
          {"environment_name", environment.name},
          {"environment_sha256", sha256(environment.text)},
          {"class", environment.production ? "production" : "staging"},
          {"split", split.path},
          {"split_name", split.name},
          {"split_text", split.text},
          {"epoch", epoch},
          {"operator", operator_name()},
          {"host", host_name()},
          {"pid", ::getpid()},
          {"version", PGCLEAVE_VERSION}};
}

// A run can't be gone back from if it did what can't be undone, or if a later one of the same split did.
Result<void> may_go_back(const journal::Journal& journal, const engine::RunRecord& record, const runbook::Runbook& frozen) {
  if (const auto no = engine::no_way_back(record, frozen)) return fail(*no);
  TRY_ASSIGN(const auto runs, all_runs(journal));
  for (const auto& later : runs) {
    if (later.id == record.id) break;
    const auto done = engine::for_good(later, false);
    if (done.empty() || later.begun.value("split_name", std::string()) != record.begun.value("split_name", std::string())) continue;
    return fail({ErrorKind::not_ready, "run " + record.id,
                 fmt::format("can't be rolled back: run {} ({}) ended the way back", later.id, later.begun.value("name", std::string())),
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

ExitCode run_new(const Arguments& arguments) {
  const auto runbook = read_runbook_file(arguments.text("RUNBOOK"));
  const auto environment = read_environment_file(arguments.text("environment"));
  if (!runbook || !environment) return ExitCode::invalid;
  const auto params = read_params(*runbook, arguments.list("set"));
  const auto split = read_split_for(arguments, *environment);
  if (!params || !split) return ExitCode::invalid;
  if (const auto may = may_approve_beforehand(*environment, arguments); !may) return complain(may.error());
  if (!confirmed(*environment, arguments)) return ExitCode::invalid;

  auto journal = journal::Journal::open(journal_path(arguments, &*environment), Deadline::in(std::chrono::seconds(5)));
  if (!journal) return complain(journal.error());
  const auto id = journal::new_run_id();
  const auto lock = journal::SplitLock::take(journal->path(), split->name, id);
  if (!lock) return complain(lock.error());
  if (const auto free = no_other_run(*journal, split->name, again(arguments, arguments.text("environment"))); !free)
    return complain(free.error());
  auto world = steps::open_world(*environment, *split, Deadline::in(std::chrono::seconds(10)));
  if (!world) return complain(world.error());
  world->run = {id, next_epoch(*world), 1};

  engine::Recorder recorder(*journal, id, {}, engine::fault_point());
  if (const auto begun = recorder.write("run.begun", beginning(*runbook, *params, *environment, *split, world->run.epoch)); !begun)
    return complain(begun.error());
  log::info(fmt::format("run {}: {} on {} ({}), split {}", id, runbook->name, environment->name,
                        environment->production ? "production" : "staging", split->name));
  const auto speech = talk(arguments, arguments.text("environment"));
  world->approval = engine::approvals(*journal, id, arguments.list("approve"), operator_name(), speech.ask);
  const Watching watching(*world, journal->path());
  engine::Run run(*runbook, *params, *world, recorder, stop_flag(), speech, watching.windows());
  return tell(run.forward(), id, arguments.flag("json"));
}

ExitCode run_again(const Arguments& arguments, const std::string& direction) {
  const auto path = journal_path(arguments);
  if (!path) return ExitCode::invalid;
  auto journal = journal::Journal::open(*path, Deadline::in(std::chrono::seconds(5)));
  if (!journal) return complain(journal.error());
  auto record = find_run(*journal, arguments.text("RUN"));
  if (!record) return complain(record.error());
  const auto& begun = record->begun;
  const auto over = record->finished && (record->outcome == "undone" || record->outcome == "rolled_back" ||
                                         (direction.empty() && (record->outcome == "done" || record->outcome == "rollback_undone")));
  if (over) {
    log::info(fmt::format("run {} is over: {}; nothing to do", record->id, record->state(false)));
    return ExitCode::done;
  }
  const auto frozen = runbook::read_runbook(begun.value("runbook", std::string()), begun.value("text", std::string()), steps::vocabulary());
  const auto split = runbook::read_split(begun.value("split", std::string()), begun.value("split_text", std::string()));
  complain(frozen.problems);
  complain(split.problems);
  const auto environment_file =
      arguments.text("environment").empty() ? begun.value("environment", std::string()) : arguments.text("environment");
  const auto environment = read_environment_file(environment_file);
  if (!frozen.value || !split.value || !environment) return ExitCode::invalid;
  if (const auto may = may_approve_beforehand(*environment, arguments); !may) return complain(may.error());
  if (!direction.empty()) {
    if (const auto may = may_go_back(*journal, *record, *frozen.value); !may) return complain(may.error());
  }
  if (sha256(environment->text) != begun.value("environment_sha256", std::string())) {
    log::warn("the environment file has changed since this run began: " + environment_file);
  }
  const auto lock = journal::SplitLock::take(journal->path(), split.value->name, record->id);
  if (!lock) return complain(lock.error());
  // What happened between reading and locking counts too.
  const auto events = journal->events(record->id);
  if (!events) return complain(events.error());
  auto world = steps::open_world(*environment, *split.value, Deadline::in(std::chrono::seconds(10)));
  if (!world) return complain(world.error());
  world->run = {record->id, begun.value("epoch", 1), 1};
  // A bouncer that can't be reached is for the steps to judge.
  if (const auto connected = world->fleet.connect(Deadline::in(std::chrono::seconds(3))); !connected) log::warn(connected.error().text());

  engine::Recorder recorder(*journal, record->id, engine::replay(*events), engine::fault_point());
  const Json taking_up{
      {"operator", operator_name()}, {"host", host_name()}, {"pid", ::getpid()}, {"direction", direction.empty() ? "on" : direction}};
  if (const auto written = recorder.write("run.resumed", taking_up); !written) return complain(written.error());
  log::info(fmt::format("run {}: {}", record->id, direction.empty() ? "going on" : "going back"));
  const auto speech = talk(arguments, environment_file);
  world->approval = engine::approvals(*journal, record->id, arguments.list("approve"), operator_name(), speech.ask);
  const Watching watching(*world, journal->path());
  engine::Run run(*frozen.value, begun.value("params", Json::object()), *world, recorder, stop_flag(), speech, watching.windows());
  return tell(direction == "rollback" ? run.back() : run.resume(), record->id, arguments.flag("json"));
}

}  // namespace pgcleave::cli
