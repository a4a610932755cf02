// ownership.witness: makes a cluster's Patroni a witness of who owns the split, so that a member which was down at the
// release, and is promoted later, refuses writes (fence/sql/witness.h). Never in a window: the owner's own sequence
// decides there.
#include "base/format.h"
#include "fence/owner_state.h"
#include "steps/parameters.h"
#include "steps/registry.h"
#include "world/owners.h"

namespace pgcleave::steps {
namespace {

// What to tell Patroni. An undo gives ownership back under the epoch of this run, which the window may pass it on under
// right after: that epoch told now would outrank the side that takes it then. What Patroni was told before it outranks
// the side that lost ownership all the same, so that stays.
Result<std::optional<fence::Witness>> to_tell(World& world, Side& owner, const Json& configured, Deadline deadline) {
  TRY_ASSIGN(const auto wanted, witness_of(world, owner, deadline));
  const auto told = fence::read_witness(configured.is_string() ? configured.get<std::string>() : "");
  if (!wanted || !told || told->owner != wanted->owner || told->epoch >= wanted->epoch) return wanted;
  auto& loser = world.other(owner);
  TRY_ASSIGN(auto* leader, loser.leader(deadline));
  TRY_ASSIGN(const auto state, fence::owner_state(*leader, world.split.name, loser.which(), deadline));
  return told->epoch >= state.epoch ? told : wanted;  // of equal epochs the fence refuses
}

Result<Observation> observe_ownership_witness(Context& context) {
  auto& world = context.world;
  auto& cluster = context.on();
  auto& owner = context.side("owner");
  TRY_ASSIGN(const auto configured, configured_witness(world, cluster, context.deadline));
  TRY_ASSIGN(const auto wanted, to_tell(world, owner, configured, context.deadline));
  Observation seen;
  seen.before = {{"text", configured}};
  seen.evidence = fmt::format("Patroni of {} says {}", cluster.label(),
                              configured.is_string() ? configured.get<std::string>() : "nothing");
  if (!wanted) {
    seen.evidence += fmt::format("; {} does not own split {}", owner.label(), world.split.name);
    return seen;
  }
  if (configured != Json(wanted->text())) return seen;
  TRY_ASSIGN(auto* leader, cluster.leader(context.deadline));
  TRY_ASSIGN(const auto in_force, fence::witness_in_force(*leader, world.split.name, context.deadline));
  seen.outputs = {{"witness", wanted->text()}};
  if (in_force == wanted->text()) seen.state = State::done;
  if (seen.state != State::done) seen.evidence += fmt::format("; its leader has '{}' in force", in_force);
  return seen;
}

Result<Json> apply_ownership_witness(Context& context, const Json&) {
  auto& world = context.world;
  auto& cluster = context.on();
  auto& owner = context.side("owner");
  return world.effects->perform(
      fmt::format("tell Patroni of {} that {} owns split {}", cluster.label(), owner.label(), world.split.name),
      [&]() -> Result<Json> {
        TRY_ASSIGN(const auto configured, configured_witness(world, cluster, context.deadline));
        TRY_ASSIGN(const auto wanted, to_tell(world, owner, configured, context.deadline));
        if (!wanted) {
          return fail({ErrorKind::not_ready, owner.label(), "does not own split " + world.split.name, "its owner",
                       "another", "", ""});
        }
        TRY(put_witness(world, cluster, wanted->text(), context.deadline, context.stop));
        return Json{{"witness", wanted->text()}};
      });
}

Result<void> undo_ownership_witness(Context& context, const Json& before, const Json&) {
  auto& world = context.world;
  auto& cluster = context.on();
  const auto text = before.value("text", Json());
  TRY_ASSIGN(const auto configured, configured_witness(world, cluster, context.deadline));
  if (configured == text) return {};
  TRY(world.effects->perform(
      fmt::format("give the witness of split {} in Patroni of {} its earlier value", world.split.name, cluster.label()),
      [&]() -> Result<Json> {
        TRY(put_witness(world, cluster, text, context.deadline, context.stop));
        return Json();
      }));
  return {};
}

}  // namespace

StepKind ownership_witness() {
  return {{.kind = "ownership.witness",
           .purpose = "Writes who owns the split into Patroni's configuration, so that a stale member that is promoted "
                      "refuses writes.",
           .parameters = {side_parameter("on", "the cluster that is told"),
                          side_parameter("owner", "the side that owns now")},
           .outputs = {{"witness", "what was written, such as: target, epoch 7"}},
           .changes = "postgresql.parameters in Patroni's dynamic configuration: one setting pgcleave.<split>",
           .undo = "puts the earlier value back",
           .traits = {.changes = true, .spared = true}},
          nullptr,
          observe_ownership_witness,
          apply_ownership_witness,
          undo_ownership_witness};
}

}  // namespace pgcleave::steps
