// Which sets of tables could move, and what each would cut. Asks nobody.
#pragma once

#include <set>

#include "init/table_graph.h"

namespace pgcleave::init {

struct Candidate {
  std::string why;  // "schema ci", "named like the target, ci"
  std::vector<postgres::TableName> tables;
  std::vector<std::string> crossing;  // what it would cut, each a sentence
  double weight = 0;                  // of what it would cut
};

// Sets that cross nothing or little, the best first: used through the pools, with what is named like the target; what
// is named like it alone; then by what they cross, whole schemas before what only hangs together, small before large.
// None of more than half of the tables but the first two, and no set twice.
std::vector<Candidate> candidates_in(const TableGraph& graph, const std::string& target_scope,
                                     const std::set<postgres::TableName>& used);

// What a set would cut.
std::vector<std::string> crossing_of(const TableGraph& graph, const std::set<postgres::TableName>& moved);

// The tables that hang together with those of the set, by what it would cut, and are not in it.
std::vector<postgres::TableName> tied_to(const TableGraph& graph, const std::set<postgres::TableName>& moved);

// A set of tables as a split file names it: whole schemas, patterns of a common beginning, and single tables.
struct Naming {
  std::vector<std::string> schemas;   // in SQL identifier syntax
  std::vector<std::string> patterns;  // "public.ci_*"
  std::vector<std::string> tables;    // in SQL identifier syntax
};
Naming naming_of(const std::set<postgres::TableName>& chosen, const std::vector<postgres::TableName>& all);

// The tables that schemas and patterns name, of all roots. `invalid` when one names none.
Result<std::set<postgres::TableName>> tables_named(const std::vector<std::string>& schemas,
                                                   const std::vector<std::string>& patterns,
                                                   const std::vector<postgres::TableName>& all);

}  // namespace pgcleave::init
