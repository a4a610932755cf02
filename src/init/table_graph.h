// Tables, and what ties them together, so that a cut between them crosses something. Asks nobody.
#pragma once

#include <map>

#include "init/catalog.h"

namespace pgcleave::init {

enum class TieKind { foreign_key, sequence, inheritance, statements };

struct TableTie {
  std::size_t one = 0;  // places in the list of tables
  std::size_t other = 0;
  TieKind kind = TieKind::foreign_key;
  std::string text;   // "foreign key jobs_build_id_fkey of ci.jobs to ci.builds"
  double weight = 1;  // of statements: 1 and the binary logarithm of their calls
};

struct TableGraph {
  std::vector<postgres::TableName> tables;  // by name, without partitions: they go with their root
  std::vector<TableTie> ties;               // none from a table to itself
};

TableGraph graph_of(const CatalogFound& catalog);

// Which tables hang together by what the catalog says, so without statements: for each table the number of its
// component, from 0 in order of the tables.
std::vector<std::size_t> components_of(const TableGraph& graph);

// Which tables hang together closely: the method of Louvain (Blondel, Guillaume, Lambiotte, Lefebvre: Fast unfolding of
// communities in large networks, 2008), which raises modularity greedily. Numbered as components are. The same graph
// gives the same answer.
std::vector<std::size_t> communities_of(const TableGraph& graph);

}  // namespace pgcleave::init
