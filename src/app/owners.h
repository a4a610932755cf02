// What `pgcleave status` says of who owns a split after ownership was passed once: asked of both sides, since a
// failover can change it long after the journal's last word.
#pragma once

#include <optional>

#include "app/files.h"
#include "engine/record.h"
#include "world/owners.h"

namespace pgcleave::app {

// {"serves", "sides": [...], "problems": [...], "not_durable": [...], "next"}, or {"error"}. No value: this run never
// passed ownership.
std::optional<Json> owners_of(const engine::RunRecord& run, const FilesNamed& files);

// Before a rollback: one side must own, the one that the run gave ownership to, and the source must not have been
// promoted without the release. `not_ready` with the reason and, where there is one, the command that repairs it.
Result<void> target_must_own(world::World& world, const engine::RunRecord& run, const std::string& again);

}  // namespace pgcleave::app
