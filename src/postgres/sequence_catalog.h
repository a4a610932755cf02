// What a database's catalog says of its sequences: which there are, and what could use them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "postgres/dependencies.h"

namespace pgcleave::postgres {

struct SequenceEntry {
  TableName name;
  std::optional<TableName> owner;  // the table whose column owns it
  bool of_extension = false;
};

// A table or view, by its defaults, triggers, rules, policies, constraints and domains, or a function, by its
// arguments' defaults.
struct Tie {
  enum class To { sequence, function, relation };  // relation: what a view reads
  TableName from;
  bool from_function = false;
  To to = To::sequence;
  TableName name;
};

// An expression of a table or view that turns text into a regclass: nextval('ci.no'::text). The catalog knows of no
// dependency.
struct TextualUse {
  TableName on;
  std::string sql;
};

struct SequenceCatalog {
  std::vector<SequenceEntry> sequences;
  std::vector<Tie> ties;
  std::vector<TextualUse> textual;
  std::vector<Program> programs;
  std::vector<TableName> relations;  // tables and views
};

// Five queries. Temporary sequences and those of PostgreSQL and pgcleave are left out.
Result<SequenceCatalog> sequence_catalog(Connection& connection, Deadline deadline);

}  // namespace pgcleave::postgres
