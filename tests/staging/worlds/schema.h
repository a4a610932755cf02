// What a world's database is made of. A piece is what can be left out on its own when a failing world is shortened.
#pragma once
#include <string>
#include <vector>

namespace pgcleave_worlds {

// The split's classes, and what one side only has: it stays where it was written. The letters stand in the tokens.
enum class Class : char { moved = 'm', kept = 'k', shared = 's', one_side = 'a' };

struct Table {
  std::string name;        // quoted, with its schema, as it stands in SQL
  std::string sequence;    // that gives out `id`; empty: none does
  std::vector<int> parts;  // values of `part` that it takes
  Class cls = Class::moved;
  bool bouncer_only = false;  // no fence keeps those away who go round
  bool detached = false;
  bool explicit_id = false;  // the client chooses `id`, the primary key
  bool partitioned = false;
  bool truncatable = true;
  bool returning_id = true;
  bool elder = false;  // stays, and a table that moves may inherit from it
};

// What a refusal may name rightly, and how a person gets rid of it.
struct Odd {
  std::vector<std::string> words;  // one of them stands in a refusal that is right; empty: nothing is odd
  std::vector<std::string> fix;    // SQL on the source's leader, as superuser
};

struct Piece {
  int number = 0;
  std::string what;
  std::vector<std::string> sql;  // as the superuser, who becomes app where that matters
  std::vector<Table> tables;
  std::vector<std::string> sequences;  // that clients ask by nextval alone
  Class cls = Class::moved;
  Odd odd;
  std::vector<std::string> moved_tables, moved_schemas, moved_patterns, moved_sequences, kept_schemas, kept_tables,
      shared_tables;                 // lines of the split file
  std::vector<std::string> pending;  // partitions whose DETACH CONCURRENTLY is to be left half done: "parent partition"
};

std::string identifier(const std::string& name);

}  // namespace pgcleave_worlds
