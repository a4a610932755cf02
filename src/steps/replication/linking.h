// Making and ending what carries one direction of logical replication (world/link.h): its publication, slot and
// subscription.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/lsn.h"
#include "steps/step.h"
#include "world/link.h"

namespace pgcleave::steps {

// Opens the publication on `link.from`, or closes it. One row of the catalog, whatever the number of tables.
Result<void> open_link(Context& context, const world::Link& link, bool open);

// The slot on `link.from`.
Result<Observation> observe_slot(Context& context, const world::Link& link);
Result<Json> create_slot(Context& context, const world::Link& link);
Result<void> drop_slot(Context& context, const world::Link& link);

// The subscription on `link.to`, without copying. `from` tells what that side has already; it is asked when the
// subscription is made.
using From = std::function<Result<std::optional<Lsn>>()>;
Result<void> subscribe(Context& context, const world::Link& link, const From& from);
Result<void> unsubscribe(Context& context, const world::Link& link);

// Subscription first, then the slot, so that nothing hangs on the other side.
Result<Observation> observe_ended(Context& context, const world::Link& link);
Result<Json> end(Context& context, const world::Link& link);

// A canary row written on one side and waited for on the other. Milliseconds that it took.
Result<double> send_canary(Context& context, const world::Link& link, const std::string& token);

}  // namespace pgcleave::steps
