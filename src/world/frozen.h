// The split as it was when it was done (fence/split_tables.h), and what has become of it since.
#pragma once

#include <string>
#include <vector>

#include "fence/split_tables.h"
#include "world/world.h"

namespace pgcleave::world {

// As this run would write it down: these tables, in the words of the split file.
fence::FrozenSplit to_freeze(const World& world, const SplitTables& tables);

// The same tables in the same classes, in the words of the same file, for the same run.
bool same_split(const fence::FrozenSplit& one, const fence::FrozenSplit& other);

// In `before` and in the journal. Null: nothing was written down.
Json json_of(const std::optional<fence::FrozenSplit>& frozen);
std::optional<fence::FrozenSplit> frozen_from_json(const Json& frozen);

// What the split that was done had in it. `not_ready` where the databases do not prove that: nothing was written down,
// the sides' lists differ, or another run than the one that wrote them gave the target ownership.
Result<fence::FrozenSplit> frozen_by_the_split(World& world, Deadline deadline);

// What keeps a window of this run from being entered: moved tables that came, went or changed, and tables that changed
// their class, since this run wrote them down. Each a few words; the others that came or went since are not in the
// split, and nobody will take them for it.
std::vector<std::string> changes_since(const fence::FrozenSplit& frozen, const fence::FrozenSplit& now);

// Tables of either side whose class by the split file of today is not the one that they had when the split was done, or
// would have had by the words of then: "public.invoices was kept when it was split, and is moved by split.yml". Tables
// that no words of then cover may get any.
Result<std::vector<std::string>> reclassified(World& world, const fence::FrozenSplit& frozen, Deadline deadline);

}  // namespace pgcleave::world
