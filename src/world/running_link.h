// Which link carries rows now.
#pragma once

#include <optional>

#include "world/link.h"

namespace pgcleave::world {

// Its publication is open, and its subscription is enabled. No value: none does. Reads only; both leaders are asked.
Result<std::optional<Link>> running_link(World& world, Deadline deadline);

}  // namespace pgcleave::world
