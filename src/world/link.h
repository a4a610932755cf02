// One direction in which rows of the moved tables flow by logical replication. Its publication, slot and subscription
// have one name: pgcleave_<split>_forward from the source to the target, pgcleave_<split>_reverse back.
//
// Both may exist at once, but never both publish: PostgreSQL 15 has no `origin` filter, so rows would run in circles
// and overwrite newer ones with older. A publication that is closed publishes nothing (postgres/replication.h);
// `replication.reverse` closes one side durably before it opens the other.
#pragma once

#include <string>
#include <vector>

#include "world/world.h"

namespace pgcleave::world {

enum class Direction { forward, reverse };  // source to target; back
const char* name_of(Direction direction);
// `invalid` for any text but "forward" and "reverse".
Result<Direction> direction_named(const std::string& text);

struct Link {
  std::string name;
  Side& from;
  Side& to;
  postgres::TableName canary;  // written on `from`
};

Link forward_link(World& world);
Link reverse_link(World& world);
Link link_into(World& world, Side& to);
Link link_of(World& world, Direction direction);
std::vector<std::string> link_names(const World& world);  // of both

// The physical slot on the source that keeps the WAL which pg_rewind will need on the target.
std::string wal_slot(const World& world);

// What it publishes: the moved tables that hold rows, and its canary.
std::vector<postgres::TableName> published(const World& world, const Link& link);

}  // namespace pgcleave::world
