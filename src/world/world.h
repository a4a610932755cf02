// The world as steps see it: two sides, the fleet, the split's tables, the run they act for, and how effects are made.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/environment.h"
#include "config/split.h"
#include "fence/holder.h"
#include "fence/ownership.h"
#include "pgbouncer/fleet.h"
#include "postgres/catalog.h"
#include "world/comparisons.h"
#include "world/effects.h"
#include "world/known_change.h"
#include "world/pending_release.h"
#include "world/side.h"

namespace pgcleave::world {

// The split, resolved against the live catalog.
struct SplitTables {
  std::string name;
  std::vector<postgres::Table> moved;                            // with partitions and partitioned parents
  std::vector<postgres::Table> kept;                             // likewise
  std::vector<postgres::Table> shared = {};                      // likewise
  [[nodiscard]] std::vector<postgres::TableName> names() const;  // of all moved
  [[nodiscard]] std::vector<postgres::TableName> kept_names() const;
  [[nodiscard]] std::vector<postgres::TableName> with_rows() const;  // of those that hold rows
};

struct RunIdentity {
  std::string id;
  int epoch = 1;
  int attempt = 1;  // of the window, from 1
  std::string by;   // user@host
  std::string host;
  std::string journal;     // its path on that host
  bool take_over = false;  // also from a run that is not over
  bool emergency = false;  // a rollback without proofs, since clients are not served
  // Its journal holds all that was done to the split. Else only the owners tell, both of them: as long as one can't be
  // read, ownership is given to nobody.
  bool knows_all = true;

  [[nodiscard]] fence::Holder as_holder() const;
};

struct World {
  Side source;
  Side target;
  pgbouncer::Fleet fleet;
  SplitTables split;
  RunIdentity run = {};
  config::Environment environment = {};
  Effects* effects = nullptr;
  config::Split split_file = {};
  KnownChange known = {};  // what is carried out, as far as anybody said
  Comparisons comparisons = {};
  Approvers approvers = {};  // who answers gates
  Progress progress = {};    // how far a long step is
  // Of the window that is open: `ownership.release` leaves it for `ownership.take`. Empty where a release need not be
  // durable.
  std::optional<PendingRelease> pending_release = {};

  [[nodiscard]] Side& side(SideName name);
  [[nodiscard]] const Side& side(SideName name) const;
  [[nodiscard]] Side& other(const Side& side);
  [[nodiscard]] fence::Fence fence() const;
  Result<pgbouncer::Route> route_to(SideName name, Deadline deadline);  // see Side::route()
  [[nodiscard]] std::string bouncer_names() const;                      // "bouncer-1, bouncer-2", for descriptions
};

// Connects to nothing but the source's leader, whose catalog classifies the tables. `invalid` with all problems of the
// split file, `not_ready` when the source can't be reached.
Result<World> open_world(const config::Environment& environment, const config::Split& split, Deadline deadline);
// The same of a world that is there. `invalid` also when a side is not the one that is expected.
Result<void> resolve_split(World& world, Deadline deadline);
// For a run that is past its window: by the words of then and the catalog of now. What the split file names and is not
// there has gone since, what is in no class came since: both are returned as notes, since nobody can fix a text that
// is frozen. A table that was in the split and is in no class by its name today, such as a partition that was detached,
// keeps its class.
Result<std::vector<std::string>> resolve_split_as_it_is(World& world, Deadline deadline);

// For whoever only looks: connects to nothing, and `split` has no tables yet.
World unopened_world(const config::Environment& environment, const config::Split& split);

// The split's tables as one side has them: once both sides take DDL of their own, the catalogs differ. What the split
// file does not fit is handed over and no error.
struct SideTables {
  SplitTables split;
  std::vector<postgres::TableName> unclassified;
  std::map<postgres::TableName, std::string> extensions;  // of the unclassified that belong to one
  std::vector<std::string> problems;
};
Result<SideTables> tables_on(World& world, Side& side, Deadline deadline);

}  // namespace pgcleave::world
