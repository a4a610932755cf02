// Which run acts on the split: signed on both sides (fence/holder.h), so that an operator elsewhere is told, and so
// that whoever acted before can't any more.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "world/world.h"

namespace pgcleave::world {

// What one side says. `answered` is false for a side that could not be asked in time.
struct SideHeld {
  bool answered = false;
  fence::Held seen;
};

struct SplitHeld {
  SideHeld source;
  SideHeld target;
  [[nodiscard]] int last_epoch() const;
  [[nodiscard]] bool installed() const;
  // Each side that answers and has a fence was signed last by this very journal, under an epoch that it knows: nothing
  // was done since that it lacks. False when none answers.
  [[nodiscard]] bool signed_last_by(const fence::Holder& me, int last_known_epoch) const;
  // A run that is not over, other than `me`; of two the one with the higher epoch.
  [[nodiscard]] std::optional<fence::Holder> other_than(const fence::Holder& me) const;
};

// Asks both sides at once. Reads only.
SplitHeld split_held(World& world, Deadline deadline);

enum class Signature {
  given,
  nothing_to_sign,  // a standby, or a side without a fence: nobody can pass ownership there
  unknown,          // the side can't be reached
};
const char* name_of(Signature signature);

// Signs for world.run, under its epoch. `held` and `conflict` as postgres::hold().
Result<Signature> sign(World& world, Side& side, Deadline deadline);

// Says on both sides that the run is over, as far as they can be reached.
void release_lease(World& world, Deadline deadline);

}  // namespace pgcleave::world
