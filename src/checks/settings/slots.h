// Settings and states that hold up replication slots, or end them: of the links, of the standby that the target is, and
// of others that read changes. Asks nobody.
#pragma once

#include <string>

#include "checks/finding.h"
#include "checks/server_seen.h"

namespace pgcleave::checks {

struct SlotsSeen {
  const ServerSeen& server;
  std::string split;
  // The slot on the source from which the target streams or, after its promotion, has streamed. "": none.
  std::string standby_slot;
};

Findings judge_slot_settings(const SlotsSeen& seen, Stage stage);

}  // namespace pgcleave::checks
