#include "world/witness.h"

#include "base/format.h"
#include "fence/owner_state.h"

namespace pgcleave::world {
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
