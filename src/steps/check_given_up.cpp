// check.given_up: what a rollback without reverse replication gives up. PostgreSQL counts the rows that its sessions change; what a standby
// replays is not counted (15, tried), so after a promotion the counters say what was written there since.
#include "base/format.h"
#include "postgres/writes.h"
#include "steps/parameters.h"
#include "steps/registry.h"

namespace pgcleave::steps {
namespace {

// An idle session hands in its counters ten seconds after its last transaction at the latest (PGSTAT_IDLE_INTERVAL, 15).
constexpr auto settled_after = std::chrono::seconds(11);

std::string told(Side& side, const postgres::Writes& writes) {
  const auto since = writes.promoted_at.empty() ? "" : " since its promotion at " + writes.promoted_at;
  std::string text;
  if (writes.tables.empty()) {
    text = fmt::format("no row of the moved tables was written on {}{}", side.label(), since);
  } else {
    constexpr std::size_t most = 10;
    for (std::size_t i = 0; i < writes.tables.size() && i < most; ++i) {
      text += fmt::format("{}{} {}", i == 0 ? "" : ", ", writes.tables[i].name.sql(), writes.tables[i].rows);
    }
    if (writes.tables.size() > most) text += fmt::format(" and {} tables more", writes.tables.size() - most);
    text =
        fmt::format("{} rows of {} moved tables were written on {}{}: {}", writes.rows(), writes.tables.size(), side.label(), since, text);
  }
  if (writes.counters_were_reset) text += "; at least, since the counters were reset after it";
  return text;
}

Result<postgres::Writes> look(Context& context) {
  TRY_ASSIGN(auto* leader, context.on().leader(context.deadline.for_a_look()));
  return postgres::writes(*leader, context.world.split.with_rows(), context.deadline.for_a_look());
}

Json facts_of(Side& side, const postgres::Writes& writes) {
  Json tables = Json::array();
  for (const auto& table : writes.tables) tables.push_back({{"table", table.name.sql()}, {"rows", table.rows}});
  return {{"text", told(side, writes)}, {"rows", writes.rows()}, {"tables", tables}};
}

Result<Observation> observe_check_given_up(Context& context) {
  TRY_ASSIGN(const auto writes, look(context));
  Observation seen;
  seen.lasting = false;  // it may be different the next moment, so it is looked at each time
  seen.evidence = told(context.on(), writes);
  return seen;
}

// Waits until all that was written has been counted: nobody has been active for a while, or, if clients go on, that while has passed.
Result<Json> apply_check_given_up(Context& context, const Json&) {
  const auto enough = Deadline::in(settled_after);
  postgres::Writes writes;
  TRY(wait_until("sessions have handed in what they wrote", context.deadline, std::chrono::milliseconds(250), context.stop,
                 [&]() -> Result<bool> {
                   TRY_ASSIGN(writes, look(context));
                   return writes.quiet_for > settled_after || enough.passed();
                 }));
  return facts_of(context.on(), writes);
}

}  // namespace

StepKind check_given_up() {
  return {
      {.kind = "check.given_up",
       .purpose = "Tells what was written to the moved tables on a promoted side, which a rollback without reverse replication gives up.",
       .parameters = {side_parameter("on", "the side that was promoted")},
       .facts = {{"text", "what was written, in a line for people"},
                 {"rows", "rows that were inserted, updated or deleted, those of failed transactions too"},
                 {"tables", "the tables, with their rows"}},
       .changes = "",
       .undo = "nothing to undo: it only looks",
       .meaning = {.gives_up = true}},
      nullptr,
      observe_check_given_up,
      apply_check_given_up,
      nullptr};
}

}  // namespace pgcleave::steps
