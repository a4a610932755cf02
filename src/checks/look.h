// What a family of checks may use. It only reads: the sessions that it is given refuse to write.
#pragma once

#include "base/deadline.h"
#include "checks/evidence.h"
#include "steps/world.h"

namespace pgcleave::checks {

class Look {
 public:
  Look(steps::World& world, const Change* change, Deadline deadline) : world_(world), change_(change), deadline_(deadline) {}

  [[nodiscard]] steps::World& world() const { return world_; }
  // What is about to be done; null when no runbook was given.
  [[nodiscard]] const Change* change() const { return change_; }
  [[nodiscard]] Deadline deadline() const { return deadline_; }
  // A session on the side's leader or standby leader.
  Result<postgres::Connection*> session(steps::Side& side);
  // " -e lab.yml", for commands that mend something.
  [[nodiscard]] std::string with_environment() const { return " -e " + world_.environment.path; }

 private:
  steps::World& world_;
  const Change* change_;
  Deadline deadline_;
};

}  // namespace pgcleave::checks
