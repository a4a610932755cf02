// What was in a split when it was done. The run that prepares a split writes it down on the source, beside the owner;
// physical replication copies it to the target. From the moment that the source gives up ownership nothing is written
// to it any more, so a table that came later, on either side, is in no such list.
//
//   pgcleave.split_frozen  table: split, run, epoch, text (of the split file), at
//   pgcleave.split_tables  table: split, class (moved, kept, shared), schema, name, relation (OID), root (OID of the
//   topmost parent)
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "fence/ownership.h"

namespace pgcleave::fence {

struct FrozenTable {
  std::uint32_t oid = 0;
  postgres::TableName name;
  std::string of_class;    // moved, kept, shared
  std::uint32_t root = 0;  // its own OID, if it is no partition
  auto operator<=>(const FrozenTable&) const = default;
};

struct FrozenSplit {
  std::string run;
  int epoch = 0;
  std::string text;                 // of the split file
  std::vector<FrozenTable> tables;  // by OID

  [[nodiscard]] const FrozenTable* find(std::uint32_t oid) const {
    const auto found = std::find_if(tables.begin(), tables.end(), [&](const auto& table) { return table.oid == oid; });
    return found == tables.end() ? nullptr : &*found;
  }
};

// No value: nothing was written down, as before the first run, or by a version that did not.
Result<std::optional<FrozenSplit>> frozen_split(postgres::Connection& connection, const std::string& split,
                                                Deadline deadline);

// Replaces what was written down; no value takes it away. `conflict` unless the source owns the split here. One
// transaction, idempotent. Needs what install() makes.
Result<void> freeze_split(postgres::Connection& primary, const std::string& split,
                          const std::optional<FrozenSplit>& what, Deadline deadline);

// Which of these tables another split has fenced as moved, and by which trigger: "ci.builds (trigger
// pgcleave_fence_web)".
Result<std::vector<std::string>> fenced_by_others(postgres::Connection& connection, const std::string& split,
                                                  const std::vector<postgres::TableName>& tables, Deadline deadline);

// The run that gave the split to the target last, by this side's log; "" if none did.
Result<std::string> run_that_split(postgres::Connection& connection, const std::string& split, Deadline deadline);

}  // namespace pgcleave::fence
