#include "naming.h"

#include <fmt/format.h>

namespace pgcleave_worlds {

std::string identifier(const std::string& name) {
  std::string out = "\"";
  for (const char letter : name) out += letter == '"' ? std::string("\"\"") : std::string(1, letter);
  return out + "\"";
}

std::string place(Piece& piece, Chance& chance, const std::string& stem) {
  static const std::vector<std::string> hostile{"{} Größe",      "{}-x.y", "SELECT {}", "{}\"quote",
                                                "{}'apostrophe", "{}$1",   "{}%s;--"};
  std::string name = fmt::format("{}_{}", stem, piece.number);
  const bool odd_name = chance.percent(20);
  if (odd_name) name = fmt::format(fmt::runtime(chance.pick(hostile)), name);
  std::string schema = "public";
  if (piece.cls == Class::shared) {
    piece.shared_tables.push_back("public." + identifier(name));
  } else if (piece.cls == Class::kept) {
    if (chance.percent(30)) schema = "stays";
    piece.kept_schemas.push_back(schema);
  } else if (chance.percent(20) && !odd_name) {
    name = "m_" + name;
    piece.moved_patterns.push_back("public.m_*");
  } else if (chance.percent(25)) {
    piece.moved_tables.push_back("public." + identifier(name));
  } else {
    schema = odd_name ? "Go Now" : "m";
    piece.moved_schemas.push_back(schema);
  }
  if (schema != "public" && schema != "m")
    piece.sql.push_back(fmt::format("create schema if not exists {0} authorization app", identifier(schema)));
  return identifier(schema) + "." + identifier(name);
}

Table& add(Piece& piece, const std::string& name, const std::string& sequence) {
  Table table;
  table.name = name;
  table.sequence = sequence;
  table.parts = {0, 1, 2, 3};
  table.cls = piece.cls;
  return piece.tables.emplace_back(std::move(table));
}

std::string in_same_schema(const std::string& table, const std::string& name) {
  std::size_t end = 1;
  while (table[end] != '"' || table[end + 1] == '"') end += table[end] == '"' ? 2 : 1;
  return table.substr(0, end + 1) + "." + identifier(name);
}

}  // namespace pgcleave_worlds
