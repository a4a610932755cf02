// What a family of checks may use. It only reads: the sessions that it is given refuse to write.
#pragma once

#include "base/deadline.h"
#include "steps/world.h"

namespace pgcleave::checks {

class Look {
 public:
  Look(steps::World& world, Deadline deadline, Duration budget = std::chrono::seconds(5))
      : world_(world), deadline_(deadline), budget_(budget) {}

  [[nodiscard]] steps::World& world() const { return world_; }
  [[nodiscard]] Deadline deadline() const { return deadline_; }
  [[nodiscard]] Duration budget() const { return budget_; }  // how long clients may wait in a window
  // A session on the side's leader or standby leader.
  Result<postgres::Connection*> session(steps::Side& side);
  // " -e lab.yml", for commands that mend something.
  [[nodiscard]] std::string with_environment() const { return " -e " + world_.environment.path; }

 private:
  steps::World& world_;
  Deadline deadline_;
  Duration budget_;
};

}  // namespace pgcleave::checks
