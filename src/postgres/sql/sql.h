// What an SQL text touches, as PostgreSQL's own parser reads it (libpg_query 15). Nothing is looked up: names stay as
// they were written.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace pgcleave::postgres {

struct Mention {
  std::string schema;  // "" where none was written
  std::string name;
  bool written = false;  // the statement inserts, updates, deletes, merges, truncates or copies into it
};

enum class StatementKind { select, insert, update, remove, merge, copy, truncate, other };

struct Statement {
  StatementKind kind = StatementKind::other;
  std::vector<Mention> relations;    // tables and views; what a WITH of the statement defines is left out
  std::vector<Mention> functions;    // that are called
  std::vector<Mention> sequences;    // constants that nextval() and its like are given, or that are cast to regclass
  bool chooses_sequence = false;     // nextval() or its like is given what is known at run time only
  std::vector<std::string> strings;  // constants, which may hold SQL of their own
};

// All statements of the text. `invalid` when it does not parse, such as a text that was cut off.
Result<std::vector<Statement>> parse_sql(const std::string& text);

// The SQL texts inside a PL/pgSQL function, from its whole CREATE FUNCTION: what `pg_get_functiondef` shows.
Result<std::vector<std::string>> queries_of_plpgsql(const std::string& create_function);

// For what can't be parsed: every word, or words joined by a dot, that could be a name. Comments are left out; strings
// are looked into, since dynamic SQL stands in them.
std::vector<Mention> words_of(const std::string& text);

}  // namespace pgcleave::postgres
