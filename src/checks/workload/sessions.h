// What the sessions on a server say: who goes round the bouncers, who uses both parts of the split, who would hold up a
// pause. Asks nobody.
#pragma once

#include <optional>

#include "checks/finding.h"
#include "checks/sessions.h"

namespace pgcleave::checks {

struct SeenSession {
  Session session;
  bool here = true;             // in the last sample
  std::optional<bool> through;  // the bouncers of the moved tables; no value: can't be told
};

struct PreparedTransaction {
  std::string gid;
  std::string owner;
  double age_s = 0;
};

struct SessionsSeen {
  std::string side;      // "source main"
  std::string observed;  // "5 looks in 250ms"
  std::vector<SeenSession> sessions;
  std::vector<PreparedTransaction> prepared;
};

Findings judge_sessions(const SessionsSeen& seen, TableReferences& references);

}  // namespace pgcleave::checks
