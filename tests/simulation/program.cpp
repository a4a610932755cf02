#include "program.h"

#include <algorithm>
#include <iostream>

#include "base/file.h"
#include "choice.h"
#include "conversation/conversation.h"
#include "engine/effects.h"
#include "model/universe.h"
#include "products/judging_kinds.h"
#include "products/process.h"
#include "steps/ownership/owner_repair.h"
#include "steps/registry.h"
#include "world/holding.h"

namespace pgcleave::simulation {
namespace {

const std::string run_id = "r-20260101-000000-0001";

std::string runbooks = ".";

const std::string environment_text = R"(environment: 1
name: simulated
class: staging
split: split.yml
source:
  scope: main
  patroni: {members: ["http://127.0.0.1:8001"]}
  postgres: {dbname: app, user: pgcleave}
  route: {host: 127.0.0.1, port: 5001}
  replication: {user: pgcleave}
target:
  scope: ci
  patroni: {members: ["http://127.0.0.1:8002"]}
  postgres: {dbname: app, user: pgcleave}
  route: {host: 127.0.0.1, port: 5002}
  replication: {user: pgcleave}
pools:
  - database: app
    probe: {user: app}
    bouncers:
      - {name: bouncer-1, console: {host: 127.0.0.1, port: 6001, user: pgcleave_admin}, config: /bouncer-1.ini,
         shell: local}
      - {name: bouncer-2, console: {host: 127.0.0.1, port: 6002, user: pgcleave_admin}, config: /bouncer-2.ini,
         shell: local}
)";

const std::string split_text = "split: 1\nname: ci\nmoved:\n  schemas: [ci]\nkept:\n  schemas: [public]\nshared: {}\n";

template <class T>
T good(config::Read<T> read) {
  for (const auto& problem : read.problems) std::cerr << problem.text() << "\n";
  if (!read.value) std::abort();
  return std::move(*read.value);
}

void at_point(const std::string& name) {
  const auto outcome = choose(
      name.starts_with("before record") || name.starts_with("after record") ? Point::record : Point::effect, name);
  die_before(outcome);
  die_after(outcome);
}

}  // namespace

Program::Program(const std::string& runbook) {
  steps::add_kinds(judging_kinds());
  const auto path = runbooks + "/" + runbook + ".yml";
  const auto text = read_file(path);
  if (!text) std::abort();
  runbook_ = good(runbook::read_runbook(path, *text, steps::vocabulary()));
  environment_ = good(config::read_environment("/simulated.yml", environment_text));
  split_ = good(config::read_split("/split.yml", split_text));
  params_ = *runbook::resolve_params(runbook_, {});
}

template <class Act>
std::optional<engine::RunResult> Program::process(const char* direction, Act act) {
  begin_process();
  try {
    auto journal = journal::Journal::open("/journal.db", Deadline::in(std::chrono::seconds(1)));
    auto world = world::open_world(environment_, split_, Deadline::in(std::chrono::seconds(10)));
    if (!world) return engine::RunResult{engine::ExitCode::invalid, world.error().text(), "", ""};
    world->run = {run_id, 1, 1, "tester@here", "here", "/journal.db", universe().goes_by_copy};
    world->run.knows_all = !universe().goes_by_copy;
    const auto answered = [](const world::Question& question) {
      return std::optional<world::Approval>({true, "tester", "by simulation", question.words});
    };
    world->approvers = world::Approvers(answered);
    static_cast<void>(world->fleet.connect(Deadline::in(std::chrono::seconds(3))));
    engine::Recorder recorder(*journal, run_id, record(), at_point);
    StopFlag stop;
    engine::Run run(runbook_, params_, *world, recorder, stop, {});
    const bool resumes = !std::string(direction).empty();
    auto refused = resumes ? run.owners_first() : std::nullopt;
    if (!refused) {
      const auto begun = resumes ? recorder.write("run.resumed", {{"direction", direction}, {"pid", 1}})
                                 : recorder.write("run.begun", {{"split_name", "ci"}, {"epoch", 1}, {"pid", 1}});
      if (!begun) refused = engine::RunResult{engine::ExitCode::invalid, begun.error().text(), "", ""};
    }
    const auto ending = refused ? *refused : act(run);
    universe().thaw(true);
    return ending;
  } catch (const Died&) {
    universe().thaw(false);
    return {};
  }
}

std::optional<engine::RunResult> Program::run() {
  return process("", [](engine::Run& run) { return run.forward(); });
}

std::optional<engine::RunResult> Program::resume() {
  return process("on", [](engine::Run& run) { return run.resume(); });
}

std::optional<engine::RunResult> Program::rollback() {
  return process("rollback", [](engine::Run& run) { return run.back(); });
}

std::string Program::repair_owner() {
  begin_process();
  auto journal = journal::Journal::open("/journal.db", Deadline::in(std::chrono::seconds(1)));
  auto world = world::open_world(environment_, split_, Deadline::in(std::chrono::seconds(10)));
  if (!world) return world.error().text();
  const auto deadline = Deadline::in(std::chrono::seconds(20));
  const auto& run = record();
  if (run.open_window() != nullptr) return "its window is open";
  world->run = {run_id, std::max(run.epoch, world::split_held(*world, deadline).last_epoch()) + 1,
                1,      "tester@here",
                "here", "/journal.db",
                false};
  engine::Recorder recorder(*journal, run_id, run, nullptr);
  engine::JournaledEffects effects(recorder);
  effects.for_step("repair-owner", false);
  world->effects = &effects;
  for (auto* side : {&world->source, &world->target}) {
    const auto signature = world::sign(*world, *side, deadline);
    if (!signature) return signature.error().text();
  }
  auto seen = steps::look_for_repair(*world, deadline);
  if (run.has_taken(runbook::PhaseKind::window)) seen.journal = fence::Owner::target;
  if (run.has_taken(runbook::PhaseKind::rollback_window)) seen.journal = fence::Owner::source;
  auto judged = steps::judge_repair(seen);
  if (!judged.must_decide.empty()) {
    seen.decided = seen.journal.value_or(fence::Owner::source);
    judged = steps::judge_repair(seen);
  }
  if (!judged.must_decide.empty()) return judged.must_decide;
  if (const auto done = steps::repair(*world, seen, judged, deadline); !done) return done.error().text();
  const auto told = steps::repair_witnesses(*world, world::Owners::ask(*world, deadline), deadline);
  return told ? judged.why : told.error().text();
}

void Program::read_runbooks_from(const std::string& folder) {
  runbooks = folder;
}

std::string Program::converse() {
  begin_process();
  auto world = world::open_world(environment_, split_, Deadline::in(std::chrono::seconds(10)));
  if (!world) return world.error().text();
  return conversation::converse(*world);
}

// Event by event, as engine::replay() does, but each only once. It is asked between processes, and nobody else writes:
// the journal is shorter than what was read where a power cut took its end, and then it is read anew.
const engine::RunRecord& Program::record() {
  const auto& events = universe().journal;
  if (events.size() < read_) {
    record_ = {};
    read_ = 0;
  }
  for (; read_ < events.size(); ++read_) record_.apply(events[read_]);
  return record_;
}

bool Program::is_over(bool rollback) {
  using journal::RunOutcome;
  const auto& now = record();
  return now.finished &&
         (now.outcome == RunOutcome::undone || now.outcome == RunOutcome::rolled_back ||
          (!rollback && (now.outcome == RunOutcome::done || now.outcome == RunOutcome::rollback_undone)));
}

}  // namespace pgcleave::simulation
