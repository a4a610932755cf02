// What a family of checks may use. It only reads: the sessions that it is given refuse to write.
#pragma once

#include "base/deadline.h"
#include "checks/evidence.h"
#include "steps/world.h"

namespace pgcleave::checks {

// What the checks are for.
struct Asked {
  const Change* change = nullptr;  // what is about to be done; null: nobody said
  Duration observe{};              // how long to watch what clients do; zero: one short look
};

class Look {
 public:
  Look(steps::World& world, const Asked& asked, Deadline deadline) : world_(world), asked_(asked), deadline_(deadline) {}

  [[nodiscard]] steps::World& world() const { return world_; }
  [[nodiscard]] const Change* change() const { return asked_.change; }
  [[nodiscard]] Duration budget() const;  // how long clients may wait in a window: the runbook's, or 5 s
  [[nodiscard]] Deadline deadline() const { return deadline_; }
  [[nodiscard]] Duration observe() const { return asked_.observe; }  // the deadline leaves time for it
  // A session on the side's leader or standby leader.
  Result<postgres::Connection*> session(steps::Side& side);
  // " -e lab.yml", for commands that mend something.
  [[nodiscard]] std::string with_environment() const { return " -e " + world_.environment.path; }

 private:
  steps::World& world_;
  Asked asked_;
  Deadline deadline_;
};

}  // namespace pgcleave::checks
