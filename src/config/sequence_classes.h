// To which class of a split each sequence of a database belongs.
#pragma once

#include <optional>
#include <set>
#include <vector>

#include "config/split.h"

namespace pgcleave::config {

enum class TableClass { moved, kept, shared };

// A sequence of the catalog, and the classes of the tables that it serves.
struct CatalogSequence {
  Name name;
  std::optional<TableClass> owner;  // of the table whose column owns it: serial, identity, OWNED BY
  std::set<TableClass>
      uses;  // of tables that use it themselves: owner, default, trigger, rule, policy, constraint, a view over them
  std::set<TableClass> beside;   // of tables that are written by a function that uses it too
  bool of_extension = false;     // needs no class
  bool of_unclassified = false;  // a table in no class uses it: told with that table
};

struct ClassifiedSequences {
  std::vector<Name> moved;
  std::vector<Name> kept;
  std::vector<Name> shared;
  std::vector<Name> unclassified;
  std::vector<Problem> problems;  // sorted by position
};

// The first that holds: the sequence's name in the split file; a moved table uses it; a kept or shared table owns it; a
// function writes a moved table and uses it; a pattern; its schema; what else uses it. Where two classes have equal
// right, moved goes first: a sequence that is carried needlessly harms nobody. Problems: a sequence that is named but
// isn't there (with did-you-mean), and patterns of two classes.
ClassifiedSequences classify_sequences(const Split& split, const std::vector<CatalogSequence>& catalog);

// One for each schema, with the names.
std::vector<Problem> problems_of_unclassified_sequences(const Split& split, const std::vector<Name>& sequences);

}  // namespace pgcleave::config
