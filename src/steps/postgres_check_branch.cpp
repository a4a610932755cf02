// postgres.check_branch: the new timeline must have left the old one at or after the captured LSN; else writes were left behind. Two
// witnesses: the timeline's history file, and what the server itself replayed last, which it remembers until it is restarted.
#include "base/format.h"
#include "postgres/wal.h"
#include "steps/parameters.h"
#include "steps/registry.h"

namespace pgcleave::steps {
namespace {

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
    seen.state = State::foreign;
    seen.evidence += ", but the server says that it replayed up to " + branch.replayed->text();
    return seen;
  }
  seen.facts = {{"timeline", branch.timeline}, {"at", branch.at->text()}};
  if (*branch.at >= lsn) seen.state = State::done;
  return seen;
}

Result<Json> apply_postgres_check_branch(Context& context, const Json&) {
  TRY_ASSIGN(const auto seen, observe_postgres_check_branch(context));
  if (seen.state == State::done) return seen.facts;
  return fail({ErrorKind::failed, context.on().label(), "was promoted before the captured position: writes may be missing",
               "a branch at or after " + context.text("lsn"), seen.evidence,
               "compare the rows of the moved tables on both sides before you go on", ""});
}

}  // namespace

StepKind postgres_check_branch() {
  return {
      {.kind = "postgres.check_branch",
       .purpose = "Checks that the promoted side's timeline branched off at or after a position.",
       .parameters = {side_parameter("on", "the promoted side"), {"lsn", runbook::Type::lsn, nullptr, true, "the captured position", {}}},
       .facts = {{"timeline", "the new timeline"}, {"at", "where it branched off"}},
       .changes = "",
       .undo = "nothing to undo: it only looks",
       .meaning = {}},
      nullptr,
      observe_postgres_check_branch,
      apply_postgres_check_branch,
      nullptr};
}

}  // namespace pgcleave::steps
