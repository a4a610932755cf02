// Would what one side writes reach the other one whole? Asked before a switchover's window of forward replication,
// before a rollback's window of reverse replication, and by `pgcleave status` for as long as the target serves, so that
// it is known before it is needed.
#pragma once

#include <string>
#include <vector>

#include "base/units.h"
#include "world/link.h"

namespace pgcleave::steps {

struct LinkHealth {
  bool worker = false;                     // an apply worker runs
  Bytes lag;                               // WAL of the one side that the other has not worked through
  Bytes held;                              // WAL that the slot holds
  std::int64_t apply_errors = 0;           // since the subscription was made
  std::vector<std::string> losses;         // why changing over now would lose writes, and which; empty: it would not
  [[nodiscard]] std::string text() const;  // one line for people, without the losses
};

enum class Depth {
  flow,   // does it run, and how far behind: cheap enough to be asked again and again
  whole,  // also the tables and columns of both sides
};

// Reads only. An error: it could not be looked at.
Result<LinkHealth> inspect_link(World& world, const world::Link& link, Deadline deadline, Depth depth = Depth::whole);

// As a step sees it: foreign when something would be lost, done when a worker runs and is at most this far behind. What
// only the flow says is done, the whole is looked at for. `health`, if asked for, is what was seen.
Result<Observation> observe_link(Context& context, const world::Link& link, Bytes limit, Depth depth,
                                 LinkHealth* health = nullptr);

}  // namespace pgcleave::steps
