// What a family of checks may use. It only reads: the sessions that it is given refuse to write.
#pragma once

#include <optional>

#include "base/deadline.h"
#include "fence/ownership.h"
#include "runbook/change.h"
#include "world/world.h"

namespace pgcleave::checks {

// What a step says of the moment in which it stands.
struct Expected {
  fence::Owner serving = fence::Owner::source;  // the moved tables
  bool target_promoted = false;                 // while the source serves
};

// What the checks are for.
struct Asked {
  const runbook::Change* change = nullptr;  // what is about to be done; null: nobody said
  Duration observe{};                       // how long to watch what clients do; zero: one short look
  std::optional<Duration> budget{};         // of the window; none: that of the change
  std::optional<Expected> expected{};
};

class CheckContext {
 public:
  CheckContext(world::World& world, const Asked& asked, Deadline deadline)
      : world_(world), asked_(asked), deadline_(deadline) {}

  [[nodiscard]] world::World& world() const { return world_; }
  [[nodiscard]] const runbook::Change* change() const { return asked_.change; }
  [[nodiscard]] Duration budget() const;  // how long clients may wait in a window: the runbook's, or 5 s
  [[nodiscard]] Deadline deadline() const { return deadline_; }
  [[nodiscard]] Duration observe() const { return asked_.observe; }  // the deadline leaves time for it
  [[nodiscard]] const std::optional<Expected>& expected() const { return asked_.expected; }
  // A session on the side's leader or standby leader.
  Result<postgres::Connection*> session(world::Side& side);
  // " -e lab.yml", for commands that fix something.
  [[nodiscard]] std::string with_environment() const { return " -e " + world_.environment.path; }

 private:
  world::World& world_;
  Asked asked_;
  Deadline deadline_;
};

// Where a split stands: what is right before it is wrong after it.

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
