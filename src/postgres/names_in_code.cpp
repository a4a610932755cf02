#include "postgres/names_in_code.h"

#include <algorithm>

namespace pgcleave::postgres {
namespace {

template <class T>
void append(std::vector<T>& to, const std::vector<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

NamesInCode words_in(const std::string& text) {
  NamesInCode names;
  names.words = words_of(text);
  names.chooses_sequence = std::any_of(names.words.begin(), names.words.end(), [](const Mention& word) {
    return word.name == "nextval" || word.name == "setval" || word.name == "currval";
  });
  return names;
}

// PL/pgSQL's expressions are no statements: "x > 1", "x := f(y)".
NamesInCode names_in_query(const std::string& query) {
  auto statements = parse_sql(query);
  if (!statements) statements = parse_sql("SELECT " + query);
  if (const auto assigned = query.find(":="); !statements && assigned != std::string::npos) {
    statements = parse_sql("SELECT " + query.substr(assigned + 2));
  }
  if (!statements) return words_in(query);
  auto names = names_in(*statements);
  // Dynamic SQL stands in strings, whole or in pieces; so does what is meant for people.
  for (const auto& text : std::vector<std::string>(names.strings)) {
    if (text.find(' ') != std::string::npos) names.add(names_in_sql(text));
  }
  return names;
}

}  // namespace

void NamesInCode::add(const NamesInCode& other) {
  append(relations, other.relations);
  append(functions, other.functions);
  append(sequences, other.sequences);
  append(words, other.words);
  append(strings, other.strings);
  chooses_sequence = chooses_sequence || other.chooses_sequence;
}

NamesInCode names_in(const std::vector<Statement>& statements) {
  NamesInCode names;
  for (const auto& statement : statements) {
    append(names.relations, statement.relations);
    append(names.functions, statement.functions);
    append(names.sequences, statement.sequences);
    append(names.strings, statement.strings);
    names.chooses_sequence = names.chooses_sequence || statement.chooses_sequence;
  }
  return names;
}

NamesInCode names_in_sql(const std::string& sql) {
  const auto statements = parse_sql(sql);
  return statements ? names_in(*statements) : words_in(sql);
}

NamesInCode names_in_program(const Program& program) {
  if (program.language == "sql") return names_in_sql(program.source.empty() ? program.definition : program.source);
  if (program.language != "plpgsql") return words_in(program.source);
  const auto queries = queries_of_plpgsql(program.definition);
  if (!queries) return words_in(program.source);
  NamesInCode names;
  for (const auto& query : *queries) names.add(names_in_query(query));
  return names;
}

}  // namespace pgcleave::postgres
