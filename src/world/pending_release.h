// A release that was sent, and who has to have it before the other side may take ownership.
#pragma once

#include <memory>
#include <vector>

#include "base/lsn.h"
#include "fence/ownership.h"
#include "patroni/cluster.h"
#include "postgres/connection.h"

namespace pgcleave::world {

// A member that would own if it were promoted without the release.
struct MemberToTell {
  patroni::Member member;
  // For one that streams from another member than the leader, which can't tell what it has flushed.
  std::shared_ptr<postgres::Connection> session = nullptr;
};

struct PendingRelease {
  fence::Owner side = fence::Owner::source;
  std::vector<MemberToTell> members;
  Lsn lsn;  // at or behind the release; 0: not released yet
};

}  // namespace pgcleave::world
