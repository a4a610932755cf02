// A split leaves a stale half on each side: the moved tables on the source, the kept ones on the target. What belongs
// to it is what the databases prove (fence/sql/stale_tables.h), not what a file says today.
#pragma once

#include <string>
#include <vector>

#include "fence/sql/truncation.h"
#include "world/world.h"

namespace pgcleave::world {

struct Half {
  World& world;
  Side& on;
  std::string which;  // "moved" or "kept"
};

// `invalid` for a half that is in use: its name says it, so nobody is asked.
Result<void> must_be_stale(const Half& half);

struct LeftAlone {
  postgres::TableName name;
  std::string why;
};

struct StaleHalf {
  fence::Proof proof;
  std::vector<postgres::Table> tables;  // all that may belong to it, with whatever hangs together with them
  std::vector<fence::Truncation> plan;  // of those that are proven to, in the order in which they must be emptied
  std::vector<postgres::TableName> with_rows;  // that the plan empties
  std::vector<LeftAlone> left_alone;           // all others that hold rows or could
};

// As the databases are now. `invalid` for a half that is in use, `not_ready` when they do not tell what was in the
// split.
Result<StaleHalf> stale_half(const Half& half, Deadline deadline);

// "ci.settings (1000 rows): it came after the split", for each.
Result<std::vector<std::string>> in_words(const Half& half, const std::vector<LeftAlone>& left_alone,
                                          Deadline deadline);

// Empty when the target owns the moved tables and the source does not, which is what makes the halves stale. Else what
// both say.
Result<std::string> not_split(World& world, Deadline deadline);

}  // namespace pgcleave::world
