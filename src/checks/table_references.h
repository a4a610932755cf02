// Which tables of which part of the split something reaches: a statement, a view, a function, through whatever stands
// between. Asks nobody.
#pragma once

#include <map>
#include <set>

#include "postgres/names_in_code.h"
#include "world/world.h"

namespace pgcleave::checks {

using postgres::Dependency;
using postgres::DependencyKind;
using postgres::Program;
using postgres::Trigger;

enum class Part { neither, moved, kept };
const char* name_of(Part part);
Part other_part(Part part);  // of moved and kept

struct Touched {
  std::set<postgres::TableName> moved;
  std::set<postgres::TableName> kept;
  std::set<postgres::TableName> written;  // of these
  bool guessed = false;  // something was found by its words only: in a language that is not parsed, or in dynamic SQL

  [[nodiscard]] bool both() const { return !moved.empty() && !kept.empty(); }
  [[nodiscard]] bool none() const { return moved.empty() && kept.empty(); }
  [[nodiscard]] bool writes(Part part) const;
  [[nodiscard]] const std::set<postgres::TableName>& of(Part part) const { return part == Part::moved ? moved : kept; }
  void add(const Touched& other);
  // "moved ci.builds (written), ci.jobs; kept public.users"
  [[nodiscard]] std::string text() const;
};

class TableReferences {
 public:
  TableReferences(const world::SplitTables& tables, const std::vector<Dependency>& dependencies,
                  const std::vector<Program>& programs);

  [[nodiscard]] Part part_of(const postgres::TableName& table) const;
  Touched of(const std::vector<postgres::Statement>& statements);
  // Parsed, else by its words.
  Touched of_text(const std::string& sql);
  Touched of_relation(const postgres::TableName& name);
  Touched of_function(const postgres::TableName& name);  // with all its overloads

 private:
  // What a text names itself, and which functions it calls.
  struct Body {
    Touched touched;
    std::set<postgres::TableName> calls;
    void add(const Body& other);
  };
  Body body_of(const postgres::NamesInCode& names);
  const Body& body_of_function(const postgres::TableName& name);
  Touched with_calls(const Body& body);
  Touched of_mention(const postgres::Mention& mention);
  using Names = std::multimap<std::string, postgres::TableName>;
  static const postgres::TableName* resolve(const Names& names, const postgres::Mention& mention);

  std::map<postgres::TableName, Part> parts_;
  std::map<postgres::TableName, std::vector<postgres::TableName>> views_;
  std::multimap<postgres::TableName, Program> programs_;
  Names relation_names_;
  Names function_names_;
  std::map<postgres::TableName, Body> bodies_;  // of functions that were read
};

}  // namespace pgcleave::checks
