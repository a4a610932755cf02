#include "app/repair_owner.h"

#include <iostream>

#include "base/format.h"
#include "base/log.h"
#include "cli/asked.h"
#include "cli/complain.h"
#include "cli/talk.h"

namespace pgcleave::cli {
namespace {

Result<app::Decision> decided_by(const Arguments& arguments) {
  const auto text = arguments.text("owner");
  if (text.empty()) return app::Decision{};
  const auto side = config::side_named(text);
  if (!side) return fail({ErrorKind::invalid, "--owner", "names no side", side.error().expected, text, "", ""});
  return app::Decision{world::owner_of(*side), arguments.text("words")};
}

ExitCode say(const app::OwnerRepair& told, bool json) {
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
  const auto environment = app::read_environment_file(arguments.text("environment"));
  if (!environment.value) return complain(environment.problems);
  const auto decided = decided_by(arguments);
  if (!decided) return complain(decided.error());
  if (!confirmed(*environment.value, arguments)) return ExitCode::invalid;
  const auto named = run_named(arguments);
  auto journal = journal::Journal::open_existing(app::journal_path(named.files, &*environment.value),
                                                 Deadline::in(std::chrono::seconds(5)));
  if (!journal) return complain(journal.error());
  const auto told = app::repair_owner(*journal, named, *environment.value, *decided);
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
