// Telling Patroni who owns a split (fence/witness.h), and asking what it was told.
#pragma once

#include <optional>
#include <string>

#include "fence/witness.h"
#include "world/world.h"

namespace pgcleave::world {

// As the cluster's dynamic configuration has it; null: it has none.
Result<Json> configured_witness(const World& world, Side& cluster, Deadline deadline);

// One PATCH. Returns when the configuration shows it and, unless it is taken away, the cluster's leader has it in
// force. Idempotent.
Result<void> put_witness(World& world, Side& cluster, const Json& text, Deadline deadline, const StopFlag* stop);

// What `owner` should be told of everywhere; no value while it does not own.
Result<std::optional<fence::Witness>> witness_of(World& world, Side& owner, Deadline deadline);

}  // namespace pgcleave::world
