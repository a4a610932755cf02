#include "app/resume.h"

#include <unistd.h>

#include "app/change.h"
#include "app/guarding.h"
#include "app/holding.h"
#include "app/identity.h"
#include "app/interrupt.h"
#include "app/meant_run.h"
#include "app/owners.h"
#include "app/run_watch.h"
#include "app/same_environment.h"
#include "base/fields.h"
#include "base/format.h"
#include "base/log.h"
#include "base/sha256.h"
#include "base/version.h"
#include "engine/approvals.h"
#include "engine/undoer.h"
#include "journal/words/outcomes.h"
#include "steps/registry.h"
#include "world/run_servers.h"

namespace pgcleave::app {

namespace {

bool nothing_left(const engine::RunRecord& run, bool back) {
  using journal::RunOutcome;
  const auto outcome = run.outcome;
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
  const auto environment_file = environment_file_of(run, asked.run.files.environment);
  speech.again = asked.run.files.again(environment_file);
  if (run.finished && nothing_left(run, asked.how.back)) {
    TRY_ASSIGN(auto over, is_over(run, runs, intent, speech.again));
    return Resumed{{}, std::move(over)};
  }
  TRY(may_approve(run, environment_file, asked.approved));
  TRY_ASSIGN(auto acted, act_on(journal, run.id, environment_file, asked.how, speech, people(journal, asked.approved)));
  return Resumed{std::move(acted), ""};
}

namespace {

constexpr auto patience_of_commands = std::chrono::seconds(3);
constexpr auto patience_while_clients_wait = std::chrono::milliseconds(300);
constexpr auto patience_with_a_silent_journal = std::chrono::milliseconds(300);

// A run can't be gone back from if it did what can't be undone, or if a later one of the same split did.
Result<void> may_go_back(const journal::Journal& journal, const engine::RunRecord& record,
                         const runbook::Runbook& frozen) {
  if (const auto no = engine::rollback_blocker(record, frozen)) return fail(*no);
  TRY_ASSIGN(const auto runs, all_runs(journal));
  for (const auto& later : runs) {
    if (later.id == record.id) break;
    const auto done = engine::irreversible(later, engine::Direction::forward);
    if (done.empty() || text_in(later.begun, "split_name") != text_in(record.begun, "split_name")) continue;
    return fail({ErrorKind::not_ready, "run " + record.id,
                 fmt::format("can't be rolled back: run {} ({}) ended the rollback path", later.id,
                             text_in(later.begun, "name")),
                 "", fmt::format("{}", fmt::join(done, "; ")), "", ""});
  }
  return {};
}

const char* direction_of(Way way) {
  switch (way) {
    case Way::on: return "on";
    case Way::back: return "rollback";
    case Way::settle: return "settle";
  }
  return "";
}

// Past its window a run goes on by the words of then and the tables of now; until then a table that nobody classified
// stops it.
Result<void> resolve_for(const engine::RunRecord& record, const runbook::Runbook& runbook, world::World& world) {
  const auto deadline = Deadline::in(std::chrono::seconds(10));
  if (record.open_window() == nullptr && !engine::is_past_window(record, runbook, engine::Direction::forward))
    return world::resolve_split(world, deadline);
  TRY_ASSIGN(const auto notes, world::resolve_split_as_it_is(world, deadline));
  for (const auto& note : notes) log::info("since the split: " + note);
  return {};
}

Duration patience_with(const engine::RunRecord& record) {
  return record.open_window() == nullptr ? Duration(patience_of_commands) : Duration(patience_while_clients_wait);
}

}  // namespace

ResumedRun::ResumedRun(journal::Journal& journal, engine::RunRecord record, runbook::Change change)
    : journal_(&journal),
      record_(std::move(record)),
      identity_(app::journal_identity(journal)),
      change_(std::make_unique<runbook::Change>(std::move(change))) {}

Result<ResumedRun> ResumedRun::open(journal::Journal& journal, const std::string& id,
                                    const std::string& environment_file, const std::vector<std::string>& gone) {
  TRY_ASSIGN(auto record, find_run(journal, id));
  const auto begun = record.begun;
  auto frozen = runbook::read_runbook(text_in(begun, "runbook"), text_in(begun, "text"), steps::vocabulary());
  auto split = config::read_split(text_in(begun, "split"), text_in(begun, "split_text"));
  say(frozen.problems);
  say(split.problems);
  auto environment = told_environment(environment_file);
  if (!frozen.value || !split.value || !environment)
    return fail(
        {ErrorKind::invalid, "run " + record.id, "can't be resumed: one of its files is wrong", "", "", "", ""});
  if (sha256(environment->text) != text_in(begun, "environment_sha256")) {
    log::warn("the environment file has changed since this run began: " + environment_file);
  }
  TRY(may_be_gone(record, *environment, gone));
  record.gone.insert(gone.begin(), gone.end());
  TRY(same_environment(record, *environment));
  const auto patience = patience_with(record);
  ResumedRun reopened(journal, std::move(record),
                      {std::move(*frozen.value), object_in(begun, "params"), std::move(*environment),
                       std::move(*split.value), journal.path(), program_sha256(), utc_now_us()});
  const auto& change = *reopened.change_;
  reopened.gone_ = gone;
  reopened.identity_ = journal_identity(journal);
  reopened.world_ = std::make_unique<world::World>(unopened_world_of(change));
  world::expect_servers(*reopened.world_, object_in(begun, "servers"));
  TRY(resolve_for(reopened.record_, change.runbook, *reopened.world_));
  TRY(world::compare_servers(*reopened.world_, Deadline::in(patience)));
  return reopened;
}

void ResumedRun::warm(Deadline deadline) {
  for (auto* side : {&world_->source, &world_->target}) {
    if (const auto leader = side->leader(deadline); !leader) log::warn(leader.error().text());
  }
  // A bouncer that can't be reached is for the steps to judge.
  if (const auto connected = world_->fleet.connect(deadline); !connected) log::warn(connected.error().text());
}

Result<engine::RunResult> ResumedRun::go(Way way, engine::Run& run) {
  switch (way) {
    case Way::on: return run.resume();
    case Way::back: return run.back();
    case Way::settle: return run.settle();
  }
  return run.resume();
}

// Clients wait for who settles a window: a journal that does not answer may not hold that up. Both sides' owners keep
// everybody else out.
Result<journal::SplitHold> ResumedRun::hold(Way way) {
  if (way != Way::settle) return hold_split(*journal_, change_->split.name, id());
  TRY_ASSIGN(auto hold, journal_->hold(change_->split.name, id(), Deadline::in(patience_with_a_silent_journal), dead_));
  if (!hold.is_held())
    log::warn("the split's lock beside the journal can't be had now; going on without it, since clients wait");
  return hold;
}

// What happened between reading and locking counts too.
Result<bool> ResumedRun::read_again(Way way) {
  if (way != Way::settle) {
    TRY_ASSIGN(const auto events, journal_->events(id()));
    record_ = engine::replay(events);
    return true;
  }
  if (const auto events = journal_->events_by(Deadline::in(patience_with_a_silent_journal), id())) {
    record_ = engine::replay(*events);
    return true;
  }
  log::warn("the journal can't be read now; going by what the databases and the bouncers say");
  return false;
}

Result<Acted> ResumedRun::act(Way way, const Asked& asked, const engine::RunOutput& speech, const Approver& approver) {
  TRY_ASSIGN(const auto split, hold(way));
  TRY_ASSIGN(const bool whole, read_again(way));
  if (way == Way::back) TRY(may_go_back(*journal_, record_, change_->runbook));
  world_->run = {id(), record_.epoch, 1, operator_name(), host_name(), identity_, asked.take_over};
  world_->run.emergency = asked.back ? asked.emergency : record_.emergency;
  const auto held = world::split_held(*world_, Deadline::in(patience_with(record_)));
  world_->run.knows_all = whole && knows_all(*world_, *journal_, held);
  if (way != Way::settle && !asked.take_over) {
    const auto command = fmt::format("pgcleave {} {}{}", way == Way::back ? "rollback" : "resume", id(), speech.again);
    TRY(may_act(*world_, *journal_, held, command));
  }
  if (way == Way::back) TRY(target_must_own(*world_, record_, speech.again));
  if (const auto connected = world_->fleet.connect(Deadline::in(patience_with(record_))); !connected)
    log::warn(connected.error().text());

  engine::Recorder recorder(*journal_, id(), record_, engine::fault_point());
  // In the middle of a window clients wait, and need no record on a disk that may be full.
  recorder.must_go_on(way == Way::settle);
  Json resumed{{"operator", operator_name()},
               {"host", host_name()},
               {"pid", ::getpid()},
               {"direction", direction_of(way)},
               {"version", version()}};
  if (!gone_.empty()) resumed["gone"] = gone_;
  if (asked.emergency) resumed["emergency"] = true;
  world_->approvers = world::Approvers(approver(id(), speech));
  std::optional<RunWatch> watching;
  if (way != Way::settle) watching.emplace(*world_, journal_->path(), change_->runbook.probe_every);
  Guard guard(id(), journal_->path(), change_->environment.path);
  engine::Run run(change_->runbook, change_->params, *world_, recorder, stop_flag(), speech,
                  watching ? watching->windows() : engine::WindowProbe{}, guard.hooks());
  if (auto refused = run.owners_first()) return Acted{id(), std::move(*refused), leaves_clients_waiting(record_)};
  TRY(recorder.write("run.resumed", resumed));
  if (way != Way::settle) log::info(fmt::format("run {}: {}", id(), way == Way::back ? "going back" : "going on"));
  TRY_ASSIGN(auto ending, go(way, run));
  record_ = recorder.record();
  return Acted{id(), std::move(ending), leaves_clients_waiting(record_)};
}

Result<Acted> act_on(journal::Journal& journal, const std::string& id, const std::string& environment_file,
                     const Asked& asked, const engine::RunOutput& speech, const Approver& approver) {
  TRY_ASSIGN(auto reopened, ResumedRun::open(journal, id, environment_file, asked.gone));
  return reopened.act(asked.back ? Way::back : Way::on, asked, speech, approver);
}

}  // namespace pgcleave::app
