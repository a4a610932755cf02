// The split's lease: which run may act on it. A run acquires it under a higher epoch than all who acted before,
// verifies it before each effect, and releases it when it is over.
//
// The lease itself is a row on both sides. What a lease is, is here; other files carry it:
//   fence/holder.h   the row and its epoch, by SQL: pass_ownership() rejects lower epochs inside the database
//   world/holding.h     the rows of both sides together, for commands without a run: `status`, `repair-owner`
//   journal (SplitLock) two processes with one journal: the operating system ends it with its process, a row does not
//   app/holding.h       before a run: who holds the lease, and may this operator take it over
#pragma once

#include <optional>
#include <set>

#include "base/deadline.h"
#include "engine/run_state.h"

namespace pgcleave::engine {

class SplitLease {
 public:
  explicit SplitLease(RunState& run);

  // Signs for this run on each side that answers, so that requests of earlier processes that are still in flight are
  // rejected before the owner is read. `held` or `conflict`: another run has it. No lease is needed, and none is
  // acquired, where no fence is installed. Waits 5 s for a side, 0.3 s while clients wait.
  Result<void> acquire();

  // Signs one side again under a higher epoch: a request that was never answered is rejected from now on, so that what
  // is seen stays true. Tries until the deadline.
  Result<void> fence_out(world::Side& side, Deadline deadline);

  // `held`: another run has taken over. Asks both sides only if this process was away for half a second or more, and
  // takes a side that does not answer in 0.2 s for unchanged. Once lost, always lost.
  Result<void> verify();

  // Says on both sides that the run is over, as far as they can be reached in time.
  void release();

  // Why another run has it, as verify() found out; no value: it was not lost.
  [[nodiscard]] const std::optional<Error>& lost() const { return lost_; }
  [[nodiscard]] bool is_signed_on(steps::SideName side) const { return signed_sides_.contains(side); }
  [[nodiscard]] bool is_signed_on_both() const { return signed_sides_.size() == 2; }

 private:
  Result<void> sign(world::Side& side, bool clients_wait, Json& signatures);

  RunState& run_;
  Duration last_verified_{};  // time_since_boot()
  std::optional<Error> lost_;
  std::set<steps::SideName> signed_sides_;
};

}  // namespace pgcleave::engine
