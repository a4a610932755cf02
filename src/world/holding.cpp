#include "world/holding.h"

#include <algorithm>
#include <future>

#include "postgres/wal.h"

namespace pgcleave::world {
namespace {

SideHeld ask(World& world, Side& side, Deadline deadline) {
  SideHeld held;
  const auto leader = side.leader(deadline);
  if (!leader) return held;
  auto seen = fence::held(**leader, world.split.name, deadline);
  if (!seen) return held;
  held.answered = true;
  held.seen = std::move(*seen);
  return held;
}

// Each side has connections of its own.
template <class OnSide>
auto on_both(World& world, OnSide on_side) {
  auto target = std::async(std::launch::async, [&] { return on_side(world.target); });
  auto source = on_side(world.source);
  return std::pair{std::move(source), target.get()};
}

}  // namespace

int SplitHeld::last_epoch() const {
  return std::max(source.seen.last_epoch, target.seen.last_epoch);
}

bool SplitHeld::installed() const {
  return source.seen.installed || target.seen.installed;
}

bool SplitHeld::signed_last_by(const fence::Holder& me, int last_known_epoch) const {
  bool answered = false;
  for (const auto* side : {&source, &target}) {
    answered = answered || side->answered;
    if (!side->answered || !side->seen.installed) continue;
    if (side->seen.last_epoch > last_known_epoch) return false;
    if (side->seen.holder && !me.same_journal(*side->seen.holder)) return false;
  }
  return answered;
}

std::optional<fence::Holder> SplitHeld::other_than(const fence::Holder& me) const {
  std::optional<fence::Holder> other;
  for (const auto* side : {&source, &target}) {
    const auto& holder = side->seen.holder;
    if (!holder || holder->over || me.continues(*holder)) continue;
    if (!other || holder->epoch > other->epoch) other = holder;
  }
  return other;
}

SplitHeld split_held(World& world, Deadline deadline) {
  auto [source, target] = on_both(world, [&](Side& side) { return ask(world, side, deadline); });
  return {std::move(source), std::move(target)};
}

const char* name_of(Signature signature) {
  switch (signature) {
    case Signature::given: return "signed";
    case Signature::nothing_to_sign: return "nothing to sign";
    case Signature::unknown: return "can't be reached";
  }
  return "";
}

Result<Signature> sign(World& world, Side& side, Deadline deadline) {
  const auto leader = side.leader(deadline);
  if (!leader) return Signature::unknown;
  // A standby takes no write, and ownership is asked for only where a promotion was seen: nothing that is under way can
  // be passed there.
  const auto standby = postgres::recovery(**leader, deadline);
  if (standby && standby->in_recovery) return Signature::nothing_to_sign;
  const auto given = fence::hold(**leader, world.split.name, world.run.as_holder(), world.run.take_over, deadline);
  if (given) return *given ? Signature::given : Signature::nothing_to_sign;
  const auto kind = given.error().kind;
  if (kind == ErrorKind::held || kind == ErrorKind::conflict) return fail(given.error());
  return Signature::unknown;
}

void release_lease(World& world, Deadline deadline) {
  static_cast<void>(on_both(world, [&](Side& side) {
    if (const auto leader = side.leader(deadline))
      return fence::release_lease(**leader, world.split.name, world.run.id, deadline);
    return Result<bool>(false);
  }));
}

}  // namespace pgcleave::world
