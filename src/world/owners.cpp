#include "world/owners.h"

#include <future>

#include "base/format.h"
#include "fence/owner_state.h"
#include "postgres/identity.h"
#include "world/durability.h"

namespace pgcleave::world {

namespace {

using fence::Owner;

Result<void> ask_database(World& world, Side& side, OwnerOnSide& seen, Deadline deadline) {
  TRY_ASSIGN(const auto leads, side.note_leadership(deadline));
  seen.member = leads.member;
  seen.timeline = leads.timeline;
  TRY_ASSIGN(auto* leader, side.leader(deadline));
  TRY_ASSIGN(const auto identity, postgres::identify(*leader, deadline));
  seen.in_recovery = identity.in_recovery;
  TRY_ASSIGN(seen.state, fence::owner_state(*leader, world.split.name, side.which(), deadline));
  return {};
}

OwnerOnSide ask_side(World& world, Side& side, Deadline deadline) {
  OwnerOnSide seen;
  seen.which = side.which();
  seen.label = side.label();
  if (const auto asked = ask_database(world, side, seen, deadline); !asked) seen.unseen = asked.error().text();
  const auto configured = configured_witness(world, side, deadline);
  if (!configured) seen.configured_unseen = configured.error().text();
  if (configured && configured->is_string()) seen.configured = configured->get<std::string>();
  if (seen.seen() && !seen.in_recovery && seen.state.epoch > 0) {  // before the first take there is nothing to keep
    if (auto behind = not_durable_on(world, side, deadline)) seen.not_durable = std::move(*behind);
  }
  return seen;
}

}  // namespace

std::string OwnerOnSide::text() const {
  if (!seen()) return label + " can't be asked: " + unseen;
  auto said = fmt::format("{}: {} on timeline {} says {}", label, member, timeline,
                          state.owner ? fence::name_of(*state.owner) : "nothing, since no fence is installed");
  if (state.owner && state.epoch > 0) said += fmt::format(", epoch {}", state.epoch);
  if (in_recovery) said += ", a standby";
  if (!configured_unseen.empty()) return said + "; its Patroni can't be asked: " + configured_unseen;
  return said + (configured.empty() ? "" : "; its Patroni says " + configured);
}

Owners Owners::ask(World& world, Deadline deadline) {
  auto target = std::async(std::launch::async, [&] { return ask_side(world, world.target, deadline); });
  auto source = ask_side(world, world.source, deadline);
  return {std::move(source), target.get()};
}

bool Owners::nobody() const {
  return source.seen() && target.seen() && installed() && !source.owns() && !target.owns();
}

std::optional<fence::Witness> Owners::wanted_witness() const {
  if (both() || (!source.owns() && !target.owns())) return {};
  const auto& owner = target.owns() ? target : source;
  const bool told = !source.configured.empty() || !target.configured.empty();
  if (owner.which == Owner::source && !told) return {};  // nothing was ever split
  return fence::Witness{owner.which, owner.state.epoch};
}

// An undo gives ownership back under a new epoch: a witness from before it still outranks whatever the other side ever
// had.
bool Owners::tells_enough(const OwnerOnSide& on, const fence::Witness& wanted) const {
  const auto told = fence::read_witness(on.configured);
  if (!on.configured_unseen.empty() || !told || told->owner != wanted.owner) return false;
  const auto& loser = side(wanted.owner == Owner::target ? Owner::source : Owner::target);
  return told->epoch == wanted.epoch || (loser.seen() && told->epoch >= loser.state.epoch);
}

std::vector<std::string> Owners::missing_witnesses() const {
  std::vector<std::string> missing;
  const auto wanted = wanted_witness();
  if (!wanted) return missing;
  for (const auto* on : {&source, &target}) {
    if (tells_enough(*on, *wanted)) continue;
    missing.push_back(fmt::format("Patroni of {} was not told that {}: {}", on->label, wanted->text(),
                                  !on->configured_unseen.empty() ? "it can't be asked: " + on->configured_unseen
                                  : on->configured.empty()       ? "it says nothing"
                                                                 : "it says " + on->configured));
  }
  return missing;
}

std::string rollback_blocker(const std::string& source_label, const fence::OwnerState& source,
                             const fence::OwnerState& target) {
  if (target.owner != Owner::target || !source.last) return "";
  const auto& last = *source.last;
  if (last.expected != Owner::source || last.next != Owner::nobody || last.epoch <= target.epoch) return "";
  return fmt::format(
      "{} was promoted without the release of this split and set to nobody later, under epoch {}, when the target "
      "owned since "
      "epoch {}: its new leader never had the release, nor what was written until then",
      source_label, last.epoch, target.epoch);
}

Result<std::string> rollback_blocker(World& world, Deadline deadline) {
  TRY_ASSIGN(auto* source, world.source.leader(deadline));
  TRY_ASSIGN(auto* target, world.target.leader(deadline));
  TRY_ASSIGN(const auto on_source, fence::owner_state(*source, world.split.name, Owner::source, deadline));
  TRY_ASSIGN(const auto on_target, fence::owner_state(*target, world.split.name, Owner::target, deadline));
  return rollback_blocker(world.source.label(), on_source, on_target);
}

namespace {

const Json& member_of(const Json& object, const std::string& key) {
  static const Json nothing;
  const auto found = object.find(key);
  return object.is_object() && found != object.end() ? *found : nothing;
}

}  // namespace

Result<Json> configured_witness(const World& world, Side& cluster, Deadline deadline) {
  TRY_ASSIGN(const auto config, cluster.patroni().config(deadline));
  return member_of(member_of(member_of(config, "postgresql"), "parameters"), fence::witness_setting(world.split.name));
}

Result<void> put_witness(World& world, Side& cluster, const Json& text, Deadline deadline, const StopFlag* stop) {
  const Json patch{{"postgresql", {{"parameters", {{fence::witness_setting(world.split.name), text}}}}}};
  TRY(cluster.patroni().patch_config(patch, deadline));
  return wait_until(fmt::format("{} has the witness of split {} in force", cluster.label(), world.split.name), deadline,
                    std::chrono::milliseconds(20), stop, [&]() -> Result<bool> {
                      TRY_ASSIGN(const auto shown, configured_witness(world, cluster, deadline));
                      if (shown != text) return false;
                      if (text.is_null()) return true;
                      TRY_ASSIGN(auto* leader, cluster.leader(deadline));
                      TRY_ASSIGN(const auto in_force, fence::witness_in_force(*leader, world.split.name, deadline));
                      return in_force == text.get<std::string>();
                    });
}

Result<std::optional<fence::Witness>> witness_of(World& world, Side& owner, Deadline deadline) {
  TRY_ASSIGN(auto* leader, owner.leader(deadline));
  TRY_ASSIGN(const auto state, fence::owner_state(*leader, world.split.name, owner.which(), deadline));
  if (state.owner != owner.which()) return std::nullopt;
  return fence::Witness{owner.which(), state.epoch};
}

}  // namespace pgcleave::world
