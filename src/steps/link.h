// One direction in which rows of the moved tables flow by logical replication. Its publication, slot and subscription have one name:
// pgcleave_<split>_forward from the source to the target, pgcleave_<split>_reverse back.
//
// Both may exist at once, but never both publish: PostgreSQL 15 has no `origin` filter, so rows would run in circles and overwrite newer
// ones with older. A publication that is closed publishes nothing (postgres/replication.h); `replication.reverse` closes one side durably
// before it opens the other.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/lsn.h"
#include "steps/step.h"

namespace pgcleave::steps {

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

// Opens the publication on `link.from`, or closes it. One row of the catalog, whatever the number of tables.
Result<void> open_link(Context& context, const Link& link, bool open);

// The slot on `link.from`.
Result<Observation> observe_slot(Context& context, const Link& link);
Result<Json> create_slot(Context& context, const Link& link);
Result<void> drop_slot(Context& context, const Link& link);

// The subscription on `link.to`, without copying. `from` tells what that side has already; it is asked when the subscription is made.
using From = std::function<Result<std::optional<Lsn>>()>;
Result<void> subscribe(Context& context, const Link& link, const From& from);
Result<void> unsubscribe(Context& context, const Link& link);

// Subscription first, then the slot, so that nothing hangs on the other side.
Result<Observation> observe_ended(Context& context, const Link& link);
Result<Json> end(Context& context, const Link& link);

// A canary row written on one side and waited for on the other. Milliseconds that it took.
Result<double> send_canary(Context& context, const Link& link, const std::string& token);

}  // namespace pgcleave::steps
