// Each member of a cluster as it says itself: does it follow its leader, and will it when the leader is promoted next?
// Patroni shows "running" also for a member that waits for WAL that never comes (3.0.2).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "postgres/lineage.h"
#include "world/side.h"

namespace pgcleave::world {

struct MemberSeen {
  std::string name;
  bool leads = false;
  bool never_promoted = false;
  std::string state;      // Patroni's word: running, starting, creating replica ...
  std::string told;       // what Patroni says of it: "running, timeline 2"
  std::string unasked;    // why it could not be asked itself; "": it answered, and only then holds what follows
  bool starting = false;  // unasked, since it starts, recovers or shuts down (57P03)
  bool writable = false;
  bool streams = false;  // from its leader
  std::uint32_t timeline = 0;
  std::vector<std::string> stale;  // timeline history files (stale_histories.h)
  std::uint32_t leaders_timeline = 0;

  [[nodiscard]] bool asked() const { return unasked.empty(); }
  // One sentence without a full stop: what keeps it from following, or will. "": nothing.
  [[nodiscard]] std::string problem() const;
};

// The leader is the first one. Histories are judged only while it is writable or streams: else its timeline is not
// known for sure. Reads only; members are asked at the same time.
Result<std::vector<MemberSeen>> inspect_members(Side& side, const patroni::View& view, postgres::Connection& leader,
                                                Deadline deadline);

// Which timeline history files keep a member from following its leader, now or when the leader is promoted next.

// Names of files that the member has, and that tell of timelines outside of its leader's history. Asks nobody. The
// leader itself is judged as a member of its own.
std::vector<std::string> stale_histories(const postgres::Histories& member, const postgres::Histories& leader);

}  // namespace pgcleave::world
