#include "app/begin.h"

#include <unistd.h>

#include <algorithm>

#include "app/change.h"
#include "app/guarding.h"
#include "app/holding.h"
#include "app/identity.h"
#include "app/interrupt.h"
#include "app/meant_run.h"
#include "app/ready.h"
#include "app/run_watch.h"
#include "app/written_down.h"
#include "base/fields.h"
#include "base/format.h"
#include "base/log.h"
#include "base/sha256.h"
#include "base/version.h"
#include "engine/approvals.h"
#include "engine/run.h"
#include "engine/split_runs.h"
#include "world/holding.h"
#include "world/run_servers.h"

namespace pgcleave::app {
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

Result<Json> may_begin(const runbook::Change& change, const std::vector<std::string>& approved,
                       const std::string& force) {
  TRY(may_approve_beforehand(change.environment, approved));
  TRY(asks_for_these(change.runbook, approved));
  if (auto errors = unusable_files(change); !errors.empty()) return fail(last_of(std::move(errors)));
  return readiness_or_reason(change, force);
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

  engine::Recorder recorder(journal, id, {}, engine::fault_point());
  TRY(recorder.write("run.begun", beginning(change, origin, world.run.epoch, servers)));
  log::info(fmt::format("run {}: {} on {} ({}), split {}", id, change.runbook.name, environment.name,
                        environment.production ? "production" : "staging", change.split.name));
  world.approvers = world::Approvers(approver(id, speech));
  const RunWatch watching(world, journal.path(), change.runbook.probe_every);
  Guard guard(id, journal.path(), environment.path);
  engine::Run run(change.runbook, change.params, world, recorder, stop_flag(), speech, watching.windows(),
                  guard.hooks());
  auto ending = run.forward();
  return Acted{id, std::move(ending), leaves_clients_waiting(recorder.record())};
}

std::vector<std::string> split_before(const journal::Journal& journal, const std::string& refused,
                                      const std::string& rest) {
  std::vector<std::string> lines;
  const auto runs = all_runs(journal);
  if (!runs) return lines;
  for (const auto& split : engine::runs_by_split(*runs)) {
    const auto is_of = [&](const auto* run) { return run->id == refused; };
    if (split.split_by == nullptr || std::none_of(split.all.begin(), split.all.end(), is_of)) continue;
    lines.push_back(
        fmt::format("split {} is done already, by run {} ({}): this run changes nothing of it; to roll it back: "
                    "pgcleave rollback {}{}",
                    split.split, split.split_by->id, text_in(split.split_by->begun, "name"), split.split_by->id, rest));
  }
  return lines;
}

}  // namespace pgcleave::app
