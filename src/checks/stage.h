// Where a split stands: what is right before it is wrong after it.
#pragma once

#include <optional>

#include "fence/ownership.h"

namespace pgcleave::checks {

enum class Stage {
  unknown,             // the target can't be seen
  standby,             // the target follows the source
  promoted,            // it takes DDL of its own and a run made it so, but the source serves the moved tables
  promoted_by_others,  // it was promoted, and no run did it
  split,               // the target serves the moved tables
};

struct StageSeen {
  bool target_seen = false;
  bool target_in_recovery = false;
  std::optional<fence::Owner> owner_on_target;  // no value: ownership is not installed there
  bool promoted_by_run = false;                 // the mark in Patroni's configuration
};

Stage stage_of(const StageSeen& seen);

// Before the split, the source.
inline bool target_serves(Stage stage) {
  return stage == Stage::split;
}

}  // namespace pgcleave::checks
