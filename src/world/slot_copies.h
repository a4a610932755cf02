// Would a slot be there after a failover of its side? Each other member is asked for its copy.
#pragma once

#include <string>
#include <vector>

#include "postgres/slot_copy.h"
#include "world/side.h"

namespace pgcleave::world {

struct MemberCopy {
  std::string member;
  std::string unasked;  // why it could not be asked; "": it answered
  postgres::SlotCopy copy;

  [[nodiscard]] std::string problem() const { return unasked.empty() ? copy.problem() : "can't be asked: " + unasked; }
};

struct SlotCopies {
  std::string side;                 // "target ci"
  bool failover = false;            // the leader's slot is to be synchronized
  std::string reads_from;           // a member whose own address the subscriber has; "": it has one that may follow
  std::vector<MemberCopy> members;  // that Patroni may promote, but the leader

  // The slot is on whichever member is promoted, and its subscriber finds it there.
  [[nodiscard]] bool survive() const;
  // In a sentence without a full stop: whether the rollback path goes on, and what is missing.
  [[nodiscard]] std::string text() const;
};

// Reads only; members are asked at the same time.
Result<SlotCopies> slot_copies(Side& side, const std::string& slot, Deadline deadline);

}  // namespace pgcleave::world
