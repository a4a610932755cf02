// sequences.bump: logical replication carries no sequence values. A side that takes over must continue above what the
// other gave out.
#include <future>
#include <map>

#include "base/format.h"
#include "postgres/sequences.h"
#include "steps/parameters.h"
#include "steps/registry.h"
#include "world/split_sequences.h"

namespace pgcleave::steps {
namespace {

struct Both {
  std::vector<postgres::Bump> needed;  // those that differ from what is there
  std::size_t all = 0;
};

// Which ones there are, and what they are, is read before the window, on both sides; inside it only their values.
Result<void> prepare_readers(Context& context) {
  auto& world = context.world;
  TRY_ASSIGN(const auto names, sequences_to_carry(world, context.deadline));
  const auto on = [&](Side& side) -> Result<void> {
    TRY_ASSIGN(auto* leader, side.leader(context.deadline));
    return side.sequences().prepare(*leader, names, context.deadline);
  };
  auto source = std::async(std::launch::async, [&] { return on(world.source); });
  const auto target = on(world.target);
  TRY(source.get());
  return target;
}

Result<std::vector<postgres::Sequence>> read(Context& context, Side& side) {
  TRY_ASSIGN(auto* leader, side.leader(context.deadline));
  return side.sequences().read(*leader, context.deadline);
}

Result<Both> compare(Context& context) {
  auto& to = context.side("to");
  auto reading = std::async(std::launch::async, [&] { return read(context, context.world.other(to)); });
  const auto there_read = read(context, to);
  TRY_ASSIGN(const auto here, reading.get());
  TRY_ASSIGN(const auto there, there_read);
  TRY_ASSIGN(const auto all, postgres::bumps(here, there, context.with.value("gap", std::int64_t{0})));
  std::map<postgres::TableName, const postgres::Sequence*> current;
  for (const auto& sequence : there) current[sequence.name] = &sequence;
  Both both;
  both.all = all.size();
  for (const auto& bump : all) {
    const auto* now = current[bump.name];
    if (now == nullptr || now->last_value != bump.value || now->is_called != bump.is_called)
      both.needed.push_back(bump);
  }
  return both;
}

// What can't be carried, such as a sequence that one side lacks, is refused here: before the window, not in it.
Result<void> prepare_sequences_bump(Context& context) {
  TRY(prepare_readers(context));
  TRY(compare(context));
  return {};
}

// A process that goes on inside a window has not prepared it.
Result<Both> compare_prepared(Context& context) {
  if (!context.world.source.sequences().is_prepared() || !context.world.target.sequences().is_prepared())
    TRY(prepare_readers(context));
  return compare(context);
}

Result<Observation> observe_sequences_bump(Context& context) {
  TRY_ASSIGN(const auto both, compare_prepared(context));
  Observation seen;
  seen.lasting = false;  // before the window the other side goes on counting
  seen.evidence = fmt::format("{} of {} sequences behind", both.needed.size(), both.all);
  if (both.needed.empty()) seen.state = State::done;
  return seen;
}

Result<Json> apply_sequences_bump(Context& context, const Json&) {
  auto& world = context.world;
  auto& to = context.side("to");
  return world.effects->perform(
      fmt::format("set the moved sequences on {} to where {} stopped", to.label(), world.other(to).label()),
      [&]() -> Result<Json> {
        TRY_ASSIGN(const auto both, compare(context));
        TRY_ASSIGN(auto* leader, to.leader(context.deadline));
        TRY(postgres::set_sequences(*leader, both.needed, context.deadline));
        return Json{{"bumped", both.needed.size()}};
      });
}

}  // namespace

StepKind sequences_bump() {
  return {{.kind = "sequences.bump",
           .purpose = "Sets the moved sequences on a side to where the other side stopped, never backwards.",
           .parameters = {side_parameter("to", "the side whose sequences are set"),
                          {"gap", runbook::Type::integer, 0, false, "further values to leave out, for safety", {}}},
           .outputs = {{"bumped", "number of sequences that were set"}},
           .changes = "sequence values",
           .undo = "nothing to undo: a sequence that is ahead harms nobody, one that goes back does",
           .undo_kind = runbook::UndoKind::nothing,
           .traits = {.changes = true}},
          prepare_sequences_bump,
          observe_sequences_bump,
          apply_sequences_bump,
          nullptr,
          UndoOrder::before_traffic,
          true};
}

}  // namespace pgcleave::steps
