// A PATCH that promotes a cluster and that nobody answered may still be carried out, also after the cluster was made a
// standby again.
#pragma once

#include "steps/step.h"

namespace pgcleave::steps {

// Is it a standby that follows, with `standby_cluster` in its configuration?
Result<bool> still_follows(Context& context, Side& cluster, const Json& standby_cluster);

// Waits until such a PATCH can't come any more, by its own word: 25 s with Patroni's defaults. False: it came.
Result<bool> never_came(Context& context, Side& cluster, const Json& standby_cluster);

}  // namespace pgcleave::steps
