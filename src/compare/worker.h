// Those who take blocks from the queue and compare them, several at a time, each with a pair of sessions of its own. A
// block that is not alike is read again, then halved until few rows are left, and those are settled.
#pragma once

#include <atomic>
#include <cstdint>

#include "compare/gate.h"
#include "compare/keeper.h"
#include "compare/queue.h"

namespace pgcleave::compare {

// What they share.
struct Shared {
  Queue& queue;
  Keeper& keeper;
  Gate& gate;
  std::int64_t seed;
  // Blocks that are kept at once, each: what a process that died had read and not kept is read again, and should that
  // one die, too, not a third time.
  std::atomic<int> careful;

  void keep_now_and_then();
};

// Until no block is left, or somebody gave up. An error: this one gives up.
Result<void> work(const Request& request, Shared& shared);

}  // namespace pgcleave::compare
