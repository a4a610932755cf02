// Two owners, or none, after a failover that lost a release or a take: which side is right, and what makes it so again.
// Judged from what was seen (judge_repair asks nobody), then done effect by effect.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "steps/step.h"
#include "world/owners.h"

namespace pgcleave::steps {

struct RepairSeen {
  world::Owners owners;
  std::optional<fence::Owner>
      journal;  // who took last, by this host's journal; asked only where both databases and Patronis are silent
  bool all_on_source =
      false;  // the last row that the target wrote before it gave ownership away is there: all before it is, too
  bool all_on_target = false;
  std::optional<fence::Owner> decided;  // by a person, in words; counts only where nothing is proven
};

struct OwnerChange {
  fence::Owner side = fence::Owner::source;  // whose value
  fence::Owner from = fence::Owner::nobody;
  fence::Owner to = fence::Owner::nobody;
};

struct Repair {
  std::optional<fence::Owner> right;
  std::string why;                   // what shows it
  std::vector<OwnerChange> changes;  // in this order; empty: the owners are right
  bool stale = false;                // the other side owned, and lacks what came since
  std::string must_decide;           // not empty: nothing is to be changed before a person has decided, and what
  bool open_to_decision = true;      // false: no decision helps
  bool decided = false;              // by a person: nothing proves it
};
Repair judge_repair(const RepairSeen& seen);

// What a person types to decide for this side. Names what the other side wrote since its promotion, and would be given
// up.
Result<std::string> words_to_decide(World& world, fence::Owner right, Deadline deadline);

// Asks both sides, also for the rows that prove that a side has all.
RepairSeen look_for_repair(World& world, Deadline deadline);

// Passes ownership as judged, under world.run, and disables reverse replication of a stale source, which would skip
// rows. Tables of the side that was wrong with rows that were written there since its promotion, in words.
Result<std::vector<std::string>> repair(World& world, const RepairSeen& seen, const Repair& repair, Deadline deadline);

// Makes good what Patroni was not told; its clusters that could not be.
Result<void> repair_witnesses(World& world, const world::Owners& owners, Deadline deadline);

}  // namespace pgcleave::steps
