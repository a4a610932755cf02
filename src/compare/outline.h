// The ends of a table's blocks, from keys of pages that are picked by chance: to step over the rows of a block to its
// last key costs as much as to read it wherever rows were written since the last VACUUM, as the index does not know
// which of them are seen. A block has about as many rows as it should; how many it has is counted when it is read.
#pragma once

#include <memory>

#include "data/walk.h"

namespace pgcleave::compare {

// Walks as data::walk_by_key() does, and by it where a table or a block is small. Each walk is for one table from its
// begin to its end. It is made for one thread.
std::unique_ptr<data::Walk> walk_by_outline(const data::Leaf& leaf, const data::Key& key);

}  // namespace pgcleave::compare
