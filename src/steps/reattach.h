// Turning a promoted cluster into a standby of the other side again: the undo of a promotion, and the end of a rollback.
#pragma once

#include "steps/step.h"

namespace pgcleave::steps {

// Checkpoint on the cluster (else pg_rewind finds "same timeline" and Patroni 3.0.2 loops), put `standby_cluster` back into
// its configuration, and wait until its leader streams from the other side. An effect each. pg_rewind takes seconds; where it can't work,
// since WAL is gone, the side's `reclone` program clones the cluster anew unless with.reclone is "never", or it refuses.
// In doubt (Context), it is watched afterwards until nothing can promote it again.
// `common_checkpoint`: redo LSN of a checkpoint that both sides have, from before the promotion; "" if none is known.
Result<Json> reattach_cluster(Context& context, Side& cluster, const Json& standby_cluster, const std::string& common_checkpoint);

// In recovery and streaming from the other side?
Result<Observation> observe_attached(Context& context, Side& cluster);

}  // namespace pgcleave::steps
