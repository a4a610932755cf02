// sequences.bump: logical replication carries no sequence values. A side that takes over must continue above what the other gave out.
#include <map>

#include "base/format.h"
#include "postgres/sequences.h"
#include "steps/parameters.h"
#include "steps/registry.h"

namespace pgcleave::steps {
namespace {

struct Both {
  std::vector<postgres::Bump> needed;  // those that differ from what is there
  std::size_t all = 0;
};

Result<Both> compare(Context& context) {
  auto& to = context.world.side(context.text("to"));
  auto& from = context.world.other(to);
  const auto tables = context.world.split.names();
  TRY_ASSIGN(auto* to_leader, to.leader(context.deadline));
  TRY_ASSIGN(auto* from_leader, from.leader(context.deadline));
  TRY_ASSIGN(const auto there, postgres::sequences(*to_leader, tables, context.deadline));
  TRY_ASSIGN(const auto here, postgres::sequences(*from_leader, tables, context.deadline));
  TRY_ASSIGN(const auto all, postgres::bumps(here, there, context.with.value("gap", std::int64_t{0})));
  std::map<postgres::TableName, const postgres::Sequence*> current;
  for (const auto& sequence : there) current[sequence.name] = &sequence;
  Both both;
  both.all = all.size();
  for (const auto& bump : all) {
    const auto* now = current[bump.name];
    if (now == nullptr || now->last_value != bump.value || now->is_called != bump.is_called) both.needed.push_back(bump);
  }
  return both;
}

Result<Observation> observe(Context& context) {
  TRY_ASSIGN(const auto both, compare(context));
  Observation seen;
  seen.evidence = fmt::format("{} of {} sequences behind", both.needed.size(), both.all);
  if (both.needed.empty()) seen.state = State::done;
  return seen;
}

Result<Json> apply(Context& context, const Json&) {
  auto& world = context.world;
  auto& to = world.side(context.text("to"));
  return world.effects->perform(
      fmt::format("set the moved tables' sequences on {} to where {} stopped", to.label(), world.other(to).label()), [&]() -> Result<Json> {
        TRY_ASSIGN(const auto both, compare(context));
        TRY_ASSIGN(auto* leader, to.leader(context.deadline));
        TRY(postgres::set_sequences(*leader, both.needed, context.deadline));
        return Json{{"bumped", both.needed.size()}};
      });
}

}  // namespace

StepKind sequences_bump() {
  return {{.kind = "sequences.bump",
           .purpose = "Sets the moved tables' sequences on a side to where the other side stopped, never backwards.",
           .parameters = {side_parameter("to", "the side whose sequences are set"),
                          {"gap", runbook::Type::integer, 0, false, "further values to leave out, for safety", {}}},
           .facts = {{"bumped", "number of sequences that were set"}},
           .changes = "sequence values",
           .undo = "nothing to undo: a sequence that is ahead harms nobody, one that goes back does",
           .meaning = {.changes = true}},
          nullptr,
          observe,
          apply,
          nullptr};
}

}  // namespace pgcleave::steps
