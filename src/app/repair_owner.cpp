#include "app/repair_owner.h"

#include "app/holding.h"
#include "app/identity.h"
#include "app/same_environment.h"
#include "base/fields.h"
#include "base/format.h"
#include "engine/approvals.h"
#include "engine/effects.h"
#include "journal/words/outcomes.h"
#include "runbook/phase_kind.h"
#include "world/durability.h"
#include "world/holding.h"
#include "world/run_servers.h"

namespace pgcleave::app {
namespace {

constexpr auto patience_with_members = std::chrono::seconds(3);
constexpr auto patience_of_a_repair = std::chrono::seconds(20);

std::optional<fence::Owner> took_last(const engine::RunRecord& run) {
  if (run.has_taken(runbook::PhaseKind::rollback_window)) return fence::Owner::source;
  if (run.has_taken(runbook::PhaseKind::window)) return fence::Owner::target;
  return {};
}

Result<void> no_window_is_open(const engine::RunRecord& run, const std::string& rest) {
  for (const auto& [phase, window] : run.windows) {
    if (!window.open && window.outcome != journal::WindowOutcome::failed) continue;
    return fail({ErrorKind::not_ready, "run " + run.id, "has left its window open: what it began is settled first", "",
                 "", engine::next_command(run, rest), ""});
  }
  return {};
}

// From here on whatever was sent before is refused, so that what is seen stays true.
Result<void> sign_both(world::World& world, engine::Recorder& recorder, Deadline deadline) {
  TRY(recorder.write("run.signing", {{"epoch", world.run.epoch}}));
  for (auto* side : {&world.source, &world.target}) {
    TRY_ASSIGN(const auto signature, world::sign(world, *side, deadline));
    if (signature == world::Signature::unknown)
      return fail({ErrorKind::not_ready, side->label(), "can't be signed: nothing was changed", "", "",
                   "bring it back, then try again", ""});
  }
  return {};
}

// Both commands that decide. What a side wrote, and would be given up, is part of the words: who types them has read
// it.
std::vector<std::string> commands_that_decide(world::World& world, const std::string& rest, Deadline deadline) {
  std::vector<std::string> commands;
  for (const auto side : {fence::Owner::source, fence::Owner::target}) {
    const auto words = steps::words_to_decide(world, side, deadline);
    if (words)
      commands.push_back(
          fmt::format("pgcleave repair-owner{} --owner {} --words '{}'", rest, fence::name_of(side), *words));
  }
  return commands;
}

Result<void> words_are_typed(world::World& world, const steps::Repair& repair, const Decision& decision,
                             const std::string& rest, Deadline deadline) {
  if (!decision.side || !repair.decided) return {};
  TRY_ASSIGN(const auto words, steps::words_to_decide(world, *decision.side, deadline));
  if (decision.words == words) return {};
  return fail(
      {ErrorKind::waiting, "--words", "do not name what this decision gives up; nothing was changed", words,
       decision.words,
       fmt::format("pgcleave repair-owner{} --owner {} --words '{}'", rest, fence::name_of(*decision.side), words),
       ""});
}

Result<OwnerRepair> act(journal::Journal& journal, const engine::RunRecord& run, world::World& world,
                        const Decision& decision, const std::string& rest) {
  const auto deadline = Deadline::in(patience_of_a_repair);
  TRY_ASSIGN(const auto lock, journal::SplitLock::take(journal.path(), world.split.name, run.id));
  TRY(no_window_is_open(run, rest));
  const auto held = world::split_held(world, deadline);
  world.run = {
      run.id, std::max(run.epoch, held.last_epoch()) + 1, 1, operator_name(), host_name(), journal_identity(journal),
      false};
  TRY(may_act(world, journal, held, "pgcleave repair-owner" + rest));
  engine::Recorder recorder(journal, run.id, run, engine::fault_point());
  engine::JournaledEffects effects(recorder);
  effects.for_step("repair-owner", false);
  world.effects = &effects;

  OwnerRepair told{steps::look_for_repair(world, deadline), {}, {}, {}, {}, {}};
  const auto judged = [&] {
    told.seen.journal = took_last(run);
    told.seen.decided = decision.side;
    told.repair = steps::judge_repair(told.seen);
  };
  judged();
  if (told.repair.open_to_decision && !told.repair.must_decide.empty())
    told.commands = commands_that_decide(world, rest, deadline);
  if (!told.repair.must_decide.empty()) return told;
  TRY(words_are_typed(world, told.repair, decision, rest, deadline));
  if (!told.repair.changes.empty()) {
    TRY(sign_both(world, recorder, deadline));
    told.seen = steps::look_for_repair(world, deadline);
    judged();
    if (!told.repair.must_decide.empty()) return told;
    TRY_ASSIGN(told.written, steps::repair(world, told.seen, told.repair, deadline));
    for (auto* side : {&world.source, &world.target}) {
      for (auto& member : world::wait_until_durable(world, *side, Deadline::in(patience_with_members), nullptr))
        told.not_durable.push_back(side->label() + ": " + member);
    }
    if (!run.is_open()) world::release_lease(world, Deadline::in(std::chrono::seconds(2)));
  }
  const auto now = world::Owners::ask(world, deadline);
  if (const auto witnesses = steps::repair_witnesses(world, now, deadline); !witnesses)
    told.witness_error = witnesses.error().text();
  told.seen.owners = now;
  TRY(recorder.write("owner.repaired", {{"right", fence::name_of(*told.repair.right)},
                                        {"why", told.repair.why},
                                        {"changes", told.repair.changes.size()},
                                        {"written", told.written},
                                        {"operator", operator_name()}}));
  return told;
}

}  // namespace

Result<OwnerRepair> repair_owner(journal::Journal& journal, const RunNamed& named,
                                 const config::Environment& environment, const Decision& decision) {
  TRY_ASSIGN(const auto runs, journal_runs(journal, named));
  TRY_ASSIGN(const auto run, meant_run(journal, runs, named, engine::Intent::inspect));
  const auto split = config::read_split(text_in(run.begun, "split"), text_in(run.begun, "split_text"));
  if (!split.value) return fail(last_of(errors_of(split.problems)));
  TRY(same_environment(run, environment));
  auto world = world::unopened_world(environment, *split.value);
  world::expect_servers(world, object_in(run.begun, "servers"));
  return act(journal, run, world, decision, named.files.again(named.files.environment));
}

}  // namespace pgcleave::app
