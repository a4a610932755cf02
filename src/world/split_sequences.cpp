#include "world/split_sequences.h"

#include <map>
#include <optional>

#include "base/format.h"
#include "config/sequence_classes.h"
#include "postgres/sequence_uses.h"

namespace pgcleave::world {
namespace {

using config::TableClass;

config::Name in_split(const postgres::TableName& name) {
  return {name.schema, name.name};
}

std::vector<postgres::TableName> in_database(const std::vector<config::Name>& names) {
  std::vector<postgres::TableName> all;
  for (const auto& name : names) all.push_back({name.schema, name.name});
  return all;
}

// Of all tables; partitions have their root's. No value: in no class.
using Classes = std::map<postgres::TableName, std::optional<TableClass>>;

Classes classes_of_tables(const config::Split& split, const std::vector<postgres::Table>& catalog) {
  std::vector<config::Name> roots;
  for (const auto& table : catalog) {
    if (table.kind != postgres::TableKind::partition) roots.push_back(in_split(table.name));
  }
  const auto clear = config::classify_what_is_clear(split, roots).classified;
  std::map<config::Name, TableClass> of_root;
  for (const auto& name : clear.moved) of_root[name] = TableClass::moved;
  for (const auto& name : clear.kept) of_root[name] = TableClass::kept;
  for (const auto& name : clear.shared) of_root[name] = TableClass::shared;
  Classes classes;
  for (const auto& table : catalog) {
    const auto found = of_root.find(in_split(table.kind == postgres::TableKind::partition ? table.root : table.name));
    classes[table.name] = found == of_root.end() ? std::nullopt : std::optional(found->second);
  }
  return classes;
}

config::CatalogSequence with_classes(const postgres::SequenceUse& use, const Classes& classes) {
  config::CatalogSequence sequence;
  sequence.name = in_split(use.name);
  sequence.of_extension = use.of_extension;
  for (const auto& table : use.uses) {
    const auto found = classes.find(table);
    if (found == classes.end()) continue;
    if (found->second) sequence.uses.insert(*found->second);
    if (!found->second) sequence.of_unclassified = true;
  }
  for (const auto& table : use.beside) {
    if (const auto found = classes.find(table); found != classes.end() && found->second)
      sequence.beside.insert(*found->second);
  }
  if (const auto owner = use.owner ? classes.find(*use.owner) : classes.end(); owner != classes.end())
    sequence.owner = owner->second;
  return sequence;
}

std::string in_one_line(const config::Problem& problem) {
  return fmt::format("{}: {} ({})", problem.at.text(), problem.what, problem.hint);
}

}  // namespace

Result<SideSequences> sequences_on(World& world, Side& side, Deadline deadline) {
  TRY_ASSIGN(auto* leader, side.leader(deadline));
  TRY_ASSIGN(const auto tables, postgres::tables(*leader, deadline));
  TRY_ASSIGN(const auto uses, postgres::sequence_uses(*leader, deadline));
  const auto classes = classes_of_tables(world.split_file, tables);
  SideSequences seen;
  std::vector<config::CatalogSequence> catalog;
  for (const auto& use : uses) {
    seen.all.insert(use.name);
    catalog.push_back(with_classes(use, classes));
  }
  const auto classified = config::classify_sequences(world.split_file, catalog);
  seen.moved = in_database(classified.moved);
  seen.unclassified = in_database(classified.unclassified);
  for (const auto& problem : classified.problems) seen.problems.push_back(in_one_line(problem));
  for (const auto& problem : config::problems_of_unclassified_sequences(world.split_file, classified.unclassified)) {
    seen.fix += (seen.fix.empty() ? "" : "; ") + in_one_line(problem);
  }
  return seen;
}

Result<void> all_sequences_have_a_class(World& world, Deadline deadline) {
  auto& side = world.source.leader(deadline) ? world.source : world.target;
  TRY_ASSIGN(auto seen, sequences_on(world, side, deadline));
  if (!seen.fix.empty()) seen.problems.insert(seen.problems.begin(), seen.fix);
  if (seen.problems.empty()) return {};
  return fail({ErrorKind::invalid, "split " + world.split.name,
               fmt::format("does not fit the sequences of {}: {}", side.label(), fmt::join(seen.problems, "; ")), "",
               "", "classify every sequence of the database in " + world.split_file.path, ""});
}

Result<std::vector<postgres::TableName>> sequences_to_carry(World& world, Deadline deadline) {
  TRY_ASSIGN(const auto source, sequences_on(world, world.source, deadline));
  TRY_ASSIGN(const auto target, sequences_on(world, world.target, deadline));
  std::set<postgres::TableName> names(source.moved.begin(), source.moved.end());
  names.insert(target.moved.begin(), target.moved.end());
  for (const auto* side : {&source, &target}) {
    for (const auto& name : side->unclassified) {
      if (source.all.contains(name) && target.all.contains(name)) names.insert(name);
    }
  }
  return std::vector<postgres::TableName>(names.begin(), names.end());
}

}  // namespace pgcleave::world
