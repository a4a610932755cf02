#include "checks/table_references.h"

#include "base/format.h"

namespace pgcleave::checks {

using postgres::Mention;
using postgres::TableName;

const char* name_of(Part part) {
  return part == Part::moved ? "moved" : part == Part::kept ? "kept" : "neither moved nor kept";
}

Part other_part(Part part) {
  return part == Part::moved ? Part::kept : Part::moved;
}

bool Touched::writes(Part part) const {
  for (const auto& table : of(part)) {
    if (written.contains(table)) return true;
  }
  return false;
}

void Touched::add(const Touched& other) {
  moved.insert(other.moved.begin(), other.moved.end());
  kept.insert(other.kept.begin(), other.kept.end());
  written.insert(other.written.begin(), other.written.end());
  guessed = guessed || other.guessed;
}

std::string Touched::text() const {
  constexpr std::size_t most_named = 8;
  std::vector<std::string> parts;
  for (const auto part : {Part::moved, Part::kept}) {
    std::vector<std::string> names;
    for (const auto& table : of(part)) {
      if (names.size() < most_named) names.push_back(table.sql() + (written.contains(table) ? " (written)" : ""));
    }
    if (of(part).size() > most_named) names.push_back(fmt::format("{} more", of(part).size() - most_named));
    if (!names.empty()) parts.push_back(fmt::format("{} {}", name_of(part), fmt::join(names, ", ")));
  }
  return fmt::format("{}", fmt::join(parts, "; "));
}

TableReferences::TableReferences(const world::SplitTables& tables, const std::vector<Dependency>& dependencies,
                                 const std::vector<Program>& programs) {
  for (const auto& table : tables.moved) parts_[table.name] = Part::moved;
  for (const auto& table : tables.kept) parts_[table.name] = Part::kept;
  for (const auto& one : dependencies) {
    if (one.kind == DependencyKind::view || one.kind == DependencyKind::materialized_view)
      views_[one.on].push_back(one.uses);
  }
  for (const auto& program : programs) programs_.emplace(program.name, program);
  for (const auto& [name, part] : parts_) relation_names_.emplace(name.name, name);
  for (const auto& [name, uses] : views_) relation_names_.emplace(name.name, name);
  for (auto at = programs_.begin(); at != programs_.end(); at = programs_.upper_bound(at->first)) {
    function_names_.emplace(at->first.name, at->first);
  }
}

Part TableReferences::part_of(const TableName& table) const {
  const auto found = parts_.find(table);
  return found == parts_.end() ? Part::neither : found->second;
}

// A name without a schema: public's, as the search path has it where nobody changed it, or the only one of that name.
const TableName* TableReferences::resolve(const Names& names, const Mention& mention) {
  const auto [first, last] = names.equal_range(mention.name);
  if (first == last) return nullptr;
  for (auto at = first; at != last; ++at) {
    if (at->second.schema == (mention.schema.empty() ? "public" : mention.schema)) return &at->second;
  }
  return mention.schema.empty() && std::next(first) == last ? &first->second : nullptr;
}

Touched TableReferences::of_relation(const TableName& name) {
  Touched all;
  std::set<TableName> seen;
  std::vector<TableName> open{name};
  while (!open.empty()) {
    const auto next = open.back();
    open.pop_back();
    if (!seen.insert(next).second) continue;
    if (part_of(next) == Part::moved) all.moved.insert(next);
    if (part_of(next) == Part::kept) all.kept.insert(next);
    if (const auto view = views_.find(next); view != views_.end())
      open.insert(open.end(), view->second.begin(), view->second.end());
  }
  return all;
}

Touched TableReferences::of_mention(const Mention& mention) {
  const auto* name = resolve(relation_names_, mention);
  if (name == nullptr) return {};
  auto touched = of_relation(*name);
  if (mention.written) {
    touched.written = touched.moved;
    touched.written.insert(touched.kept.begin(), touched.kept.end());
  }
  return touched;
}

void TableReferences::Body::add(const Body& other) {
  touched.add(other.touched);
  calls.insert(other.calls.begin(), other.calls.end());
}

TableReferences::Body TableReferences::body_of(const postgres::NamesInCode& names) {
  Body body;
  for (const auto& word : names.words) body.touched.add(of_mention(word));
  body.touched.guessed = !body.touched.none();
  for (const auto& mention : names.relations) body.touched.add(of_mention(mention));
  for (const auto& mention : names.functions) {
    if (const auto* name = resolve(function_names_, mention)) body.calls.insert(*name);
  }
  return body;
}

const TableReferences::Body& TableReferences::body_of_function(const TableName& name) {
  if (const auto done = bodies_.find(name); done != bodies_.end()) return done->second;
  Body body;
  const auto [first, last] = programs_.equal_range(name);
  for (auto at = first; at != last; ++at) body.add(body_of(postgres::names_in_program(at->second)));
  return bodies_[name] = std::move(body);
}

Touched TableReferences::with_calls(const Body& body) {
  auto all = body.touched;
  std::set<TableName> seen;
  std::vector<TableName> open(body.calls.begin(), body.calls.end());
  while (!open.empty()) {
    const auto next = open.back();
    open.pop_back();
    if (!seen.insert(next).second) continue;
    const auto& called = body_of_function(next);
    all.add(called.touched);
    open.insert(open.end(), called.calls.begin(), called.calls.end());
  }
  return all;
}

Touched TableReferences::of(const std::vector<postgres::Statement>& statements) {
  return with_calls(body_of(postgres::names_in(statements)));
}

Touched TableReferences::of_text(const std::string& sql) {
  return with_calls(body_of(postgres::names_in_sql(sql)));
}

Touched TableReferences::of_function(const TableName& name) {
  return with_calls(body_of_function(name));
}

}  // namespace pgcleave::checks
