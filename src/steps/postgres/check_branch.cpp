// postgres.check_branch: the new timeline must have left the old one at or after the captured LSN; else writes were
// left behind. Two witnesses: the timeline's history file, and what the server itself replayed last, which it remembers
// until it is restarted. And no prepared transaction may be left that the promotion copied: its original on the source
// is ended there.
#include "base/format.h"
#include "postgres/transactions.h"
#include "postgres/wal.h"
#include "steps/parameters.h"
#include "steps/registry.h"

namespace pgcleave::steps {
namespace {

using postgres::PreparedTransaction;

Result<std::vector<PreparedTransaction>> copied_to(Context& context, postgres::Connection& promoted) {
  return postgres::copied_transactions(promoted, context.world.split.name, context.deadline.for_one_read());
}

std::string names_of(const std::vector<PreparedTransaction>& prepared) {
  std::string text;
  for (const auto& one : prepared)
    text += fmt::format("{}{} in database {}", text.empty() ? "" : ", ", one.text(), one.database);
  return text;
}

std::string ways_to_end(const std::vector<PreparedTransaction>& prepared) {
  std::string text;
  for (const auto& one : prepared)
    text += fmt::format("{}in database {}: ROLLBACK PREPARED {}", text.empty() ? "" : "; ", one.database,
                        postgres::quote_literal(one.gid));
  return text + ", or COMMIT PREPARED where this side needs what it wrote to shared tables";
}

Result<Observation> observe_postgres_check_branch(Context& context) {
  auto& side = context.on();
  TRY_ASSIGN(const auto lsn, parse_lsn(context.text("lsn")));
  TRY_ASSIGN(auto* leader, side.leader(context.deadline));
  TRY_ASSIGN(const auto branch, postgres::branch(*leader, context.deadline));
  Observation seen;
  if (!branch.at) {
    seen.evidence = fmt::format("timeline {} never branched off", branch.timeline);
    return seen;
  }
  seen.evidence = fmt::format("timeline {} branched off at {}", branch.timeline, branch.at->text());
  if (branch.replayed && *branch.replayed != *branch.at) {
    seen.state = State::conflict;
    seen.evidence += ", but the server says that it replayed up to " + branch.replayed->text();
    return seen;
  }
  seen.outputs = {{"timeline", branch.timeline}, {"at", branch.at->text()}};
  if (*branch.at < lsn) return seen;
  TRY_ASSIGN(const auto copied, copied_to(context, *leader));
  if (copied.empty()) seen.state = State::done;
  if (!copied.empty()) seen.evidence += ", and the promotion copied prepared transactions: " + names_of(copied);
  return seen;
}

// Only a person ends a prepared transaction. On the source it lives on by itself.
Result<void> until_none_is_copied(Context& context) {
  auto& side = context.on();
  std::vector<PreparedTransaction> copied;
  std::string told;
  const auto ended = wait_until("the prepared transactions are ended that the promotion copied", context.deadline,
                                std::chrono::milliseconds(200), context.stop, [&]() -> Result<bool> {
                                  TRY_ASSIGN(auto* leader, side.leader(context.deadline.for_one_read()));
                                  TRY_ASSIGN(copied, copied_to(context, *leader));
                                  const auto now = fmt::format("on {}: {}", side.label(), ways_to_end(copied));
                                  if (!copied.empty() && now != told) context.world.progress.say(now);
                                  told = now;
                                  return copied.empty();
                                });
  if (ended || copied.empty()) return ended;
  return fail({ErrorKind::not_ready, side.label(),
               "has prepared transactions that the promotion copied: they hold their locks and keep vacuum from "
               "removing rows until somebody "
               "ends them",
               "none", names_of(copied), ways_to_end(copied), ""});
}

Result<Json> apply_postgres_check_branch(Context& context, const Json&) {
  TRY_ASSIGN(auto* leader, context.on().leader(context.deadline));
  TRY_ASSIGN(const auto copied, copied_to(context, *leader));
  if (!copied.empty()) TRY(until_none_is_copied(context));
  TRY_ASSIGN(const auto seen, observe_postgres_check_branch(context));
  if (seen.state == State::done) return seen.outputs;
  return fail({ErrorKind::failed, context.on().label(),
               "was promoted before the captured position: writes may be missing",
               "a branch at or after " + context.text("lsn"), seen.evidence,
               "compare the rows of the moved tables on both sides before you go on", ""});
}

}  // namespace

StepKind postgres_check_branch() {
  return {{.kind = "postgres.check_branch",
           .purpose = "Checks that the promoted timeline branched off at or after a position, and that no copied "
                      "prepared transaction is left.",
           .parameters = {side_parameter("on", "the promoted side"),
                          {"lsn", runbook::Type::lsn, nullptr, true, "the captured position", {}}},
           .outputs = {{"timeline", "the new timeline"}, {"at", "where it branched off"}},
           .changes = "",
           .undo = "nothing to undo: it only looks",
           .undo_kind = runbook::UndoKind::nothing,
           .traits = {}},
          nullptr,
          observe_postgres_check_branch,
          apply_postgres_check_branch,
          nullptr};
}

}  // namespace pgcleave::steps
