// repair-owner: after a failover that lost a release or a take both sides own, or none does. Says which side is right
// and why, and makes it so; also makes good what Patroni was not told.
#include <iostream>

#include "base/fields.h"
#include "base/format.h"
#include "base/log.h"
#include "cli/holding.h"
#include "cli/meant_run.h"
#include "cli/same_environment.h"
#include "cli/session.h"
#include "engine/approvals.h"
#include "engine/effects.h"
#include "journal/outcomes.h"
#include "runbook/phase_kind.h"
#include "steps/ownership/owner_repair.h"
#include "world/durability.h"
#include "world/holding.h"
#include "world/run_servers.h"

namespace pgcleave::cli {
namespace {

constexpr auto patience_with_members = std::chrono::seconds(3);
constexpr auto patience_of_a_repair = std::chrono::seconds(20);

// What a person decided: a side, and the words that name what that gives up.
struct Decision {
  std::optional<fence::Owner> side;
  std::string words;
};

struct Told {
  steps::RepairSeen seen;
  steps::Repair repair;
  std::vector<std::string> written;
  std::vector<std::string> not_durable;
  std::string witness_error;
  std::vector<std::string> commands;  // that decide
};

std::optional<fence::Owner> took_last(const engine::RunRecord& run) {
  if (run.has_taken(name_of(runbook::PhaseKind::rollback_window))) return fence::Owner::source;
  if (run.has_taken(name_of(runbook::PhaseKind::window))) return fence::Owner::target;
  return {};
}

Result<Decision> decided_by(const Arguments& arguments) {
  const auto text = arguments.text("owner");
  if (text.empty()) return Decision{};
  const auto side = config::side_named(text);
  if (!side) return fail({ErrorKind::invalid, "--owner", "names no side", side.error().expected, text, "", ""});
  return Decision{world::owner_of(*side), arguments.text("words")};
}

Result<void> no_window_is_open(const engine::RunRecord& run, const std::string& rest) {
  for (const auto& [phase, window] : run.windows) {
    if (!window.open && journal::window_outcome(window.outcome) != journal::WindowOutcome::failed) continue;
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

Result<Told> act(journal::Journal& journal, const engine::RunRecord& run, world::World& world, const Decision& decision,
                 const std::string& rest) {
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

  Told told{steps::look_for_repair(world, deadline), {}, {}, {}, {}, {}};
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

ExitCode say(const Told& told, bool json) {
  const auto& repair = told.repair;
  const auto sides = {told.seen.owners.source.text(), told.seen.owners.target.text()};
  const bool missed = !told.written.empty() || !told.witness_error.empty();
  const auto exit = !repair.must_decide.empty() ? ExitCode::needs_person
                    : missed                    ? ExitCode::done_with_misses
                                                : ExitCode::done;
  if (json) {
    Json changes = Json::array();
    for (const auto& change : repair.changes)
      changes.push_back({{"side", fence::name_of(change.side)},
                         {"from", fence::name_of(change.from)},
                         {"to", fence::name_of(change.to)}});
    std::cout << to_text(
                     Json{{"right", repair.right && repair.must_decide.empty() ? fence::name_of(*repair.right) : ""},
                          {"why", repair.why},
                          {"changes", changes},
                          {"written", told.written},
                          {"not_durable", told.not_durable},
                          {"commands", told.commands},
                          {"must_decide", repair.must_decide},
                          {"witness", told.witness_error},
                          {"sides", sides},
                          {"exit", static_cast<int>(exit)}},
                     2)
              << "\n";
  }
  if (!repair.must_decide.empty()) {
    log::error("nothing was changed: " + repair.must_decide);
    for (const auto& side : sides) log::info("  " + side);
    for (const auto& command : told.commands) log::info("if you decide so: " + command);
    return exit;
  }
  log::info(fmt::format("the {} is right: {}", fence::name_of(*repair.right), repair.why));
  for (const auto& side : sides) log::info("  " + side);
  if (repair.changes.empty()) log::info("its ownership needs no repair");
  for (const auto& table : told.written) log::warn(table + "; decide what becomes of them");
  if (repair.stale && repair.right == fence::Owner::target)
    log::warn("the source's new leader lacks rows of the target: a rollback would lose them, and is refused");
  for (const auto& member : told.not_durable) log::warn("not durable yet on " + member);
  if (!told.witness_error.empty()) log::warn("Patroni could not be told, so try again: " + told.witness_error);
  return exit;
}

ExitCode repair_owner(const Arguments& arguments) {
  const auto environment = read_environment_file(arguments.text("environment"));
  if (!environment) return ExitCode::invalid;
  const auto decided = decided_by(arguments);
  if (!decided) return complain(decided.error());
  if (!confirmed(*environment, arguments)) return ExitCode::invalid;
  auto journal =
      journal::Journal::open_existing(journal_path(arguments, &*environment), Deadline::in(std::chrono::seconds(5)));
  if (!journal) return complain(journal.error());
  const auto runs = journal_runs(*journal, arguments);
  if (!runs) return complain(runs.error());
  const auto run = meant_run(*journal, *runs, arguments, engine::Intent::inspect);
  if (!run) return complain(run.error());
  const auto split = config::read_split(text_in(run->begun, "split"), text_in(run->begun, "split_text"));
  complain(split.problems);
  if (!split.value) return ExitCode::invalid;
  if (const auto same = same_environment(*run, *environment); !same) return complain(same.error());
  auto world = world::unopened_world(*environment, *split.value);
  world::expect_servers(world, object_in(run->begun, "servers"));
  const auto rest = again(arguments, arguments.text("environment"));
  const auto told = act(*journal, *run, world, *decided, rest);
  if (!told) return complain(told.error());
  return say(*told, arguments.flag("json"));
}

}  // namespace

Verb repair_owner_verb() {
  using Kind = Option::Kind;
  return {"repair-owner",
          "After a failover that lost who owns: prove which side is right, and make it the only owner.",
          {{"RUN", Kind::optional_positional, "run id (default: the run that holds the split)"},
           environment_option(true),
           {"--owner", Kind::value, "source or target: which side is right, where nothing proves it"},
           {"--words", Kind::value, "with --owner: what the refusal says, which names what is given up"},
           {"--yes", Kind::flag, "on production: do not ask for the environment's name"},
           journal_option(),
           json_option()},
          repair_owner};
}

}  // namespace pgcleave::cli
