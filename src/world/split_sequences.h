// The split's sequences as one side has them, classified like its tables (config/sequence_classes.h).
#pragma once

#include <set>
#include <string>
#include <vector>

#include "world/world.h"

namespace pgcleave::world {

struct SideSequences {
  std::vector<postgres::TableName> moved;
  std::vector<postgres::TableName> unclassified;
  std::set<postgres::TableName> all;  // of every class
  std::vector<std::string> problems;  // what the split file says and the side does not have
  std::string fix;                    // how to classify those that are in no class; empty: there is none
};

// Reads the catalog and what stands in functions. Takes milliseconds, with thousands of functions that name sequences a
// second: not while clients wait.
Result<SideSequences> sequences_on(World& world, Side& side, Deadline deadline);

// `invalid`, with all problems and what to write into the split file, where a sequence of the source's (or, if it can't
// be reached, of the target's) is in no class: nobody knows whether a run must carry it.
Result<void> all_sequences_have_a_class(World& world, Deadline deadline);

// Those to carry from one side to the other: moved ones as either side sees them, and those that came since the run
// began and are in no class, if both sides have them. To carry one needlessly harms nobody, since none is set
// backwards.
Result<std::vector<postgres::TableName>> sequences_to_carry(World& world, Deadline deadline);

}  // namespace pgcleave::world
