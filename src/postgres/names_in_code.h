// Which names stand in code of the database: parsed where PostgreSQL's parser reads it, else by its words. Nothing is
// looked up.
#pragma once

#include <string>
#include <vector>

#include "postgres/dependencies.h"
#include "postgres/sql/sql.h"

namespace pgcleave::postgres {

struct NamesInCode {
  std::vector<Mention> relations;
  std::vector<Mention> functions;  // that are called
  std::vector<Mention> sequences;  // see Statement
  std::vector<Mention> words;      // guesses: of a language that is not parsed, and of dynamic SQL that is put together
  std::vector<std::string> strings;  // constants
  bool chooses_sequence = false;     // which one is known at run time only: any of `strings` and `words` may name it

  void add(const NamesInCode& other);
};

NamesInCode names_in(const std::vector<Statement>& statements);
NamesInCode names_in_sql(const std::string& sql);
NamesInCode names_in_program(const Program& program);

}  // namespace pgcleave::postgres
