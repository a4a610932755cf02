// Turning a promoted cluster into a standby of the other side again: the undo of a promotion, and the end of a
// rollback.
#pragma once

#include "steps/patroni/discarded_writes.h"
#include "steps/step.h"

namespace pgcleave::steps {

// Checkpoint on the cluster (else pg_rewind finds "same timeline" and Patroni 3.0.2 loops), put `standby_cluster` back
// into its configuration, and wait until its leader streams from the other side. An effect each. pg_rewind takes
// seconds; where it can't work, since WAL is gone, the side's `reclone` program clones the cluster anew unless
// with.reclone is "never", or it refuses. In doubt (Context), it is watched afterwards until nothing can promote it
// again. Before each of these effects the cluster itself must say that it does not own, and has no rows of its own but
// those that a person gave up (reattach_guard.h). Then its members are brought along (member_fixing.h). Outputs:
// seconds, how, given_up, reinitialized, left_behind.
struct Reattaching {
  Json standby_cluster;
  std::string common_checkpoint;  // redo LSN of a checkpoint that both sides have, from before the promotion; "" if
                                  // none is known
  CountedClasses classes;         // whose rows on the cluster are on it alone
  std::string given_up;           // the words with which a person gave them up
};
Result<Json> reattach_cluster(Context& context, Side& cluster, const Reattaching& what);

// Would the guard refuse? Reads only. A cluster that has `standby_cluster` in its configuration already, and no leader
// to ask, is not kept.
Result<void> may_reattach(Context& context, Side& cluster, const Reattaching& what);

// In recovery and streaming from the other side?
Result<Observation> observe_attached(Context& context, Side& cluster);

}  // namespace pgcleave::steps
