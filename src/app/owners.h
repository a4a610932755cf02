// What `pgcleave status` says of who owns a split after ownership was passed once: asked of both sides, since a
// failover can change it long after the journal's last word.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/files.h"
#include "engine/record.h"
#include "world/owners.h"
#include "world/world.h"

namespace pgcleave::app {

// {"serves", "sides": [...], "problems": [...], "not_durable": [...], "next"}, or {"error"}. No value: this run never
// passed ownership.
std::optional<Json> owners_of(const engine::RunRecord& run, const FilesNamed& files);

// Before a rollback: one side must own, the one that the run gave ownership to, and the source must not have been
// promoted without the release. `not_ready` with the reason and, where there is one, the command that repairs it.
Result<void> target_must_own(world::World& world, const engine::RunRecord& run, const std::string& again);

// Members of the target that a rollback left behind, or that would be left behind by the next promotion. Asked of the
// servers.

// A sentence for each, with the command that fixes it. Empty also where the target is no standby, or can't be asked.
std::vector<std::string> members_behind(world::World& world, Deadline deadline);

}  // namespace pgcleave::app
