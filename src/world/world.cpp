#include "world/world.h"

#include <algorithm>
#include <set>

#include "base/format.h"
#include "base/lines.h"
#include "fence/split_tables.h"

namespace pgcleave::world {
namespace {

std::vector<pgbouncer::BouncerSpec> bouncer_specs(const config::Environment& environment) {
  std::vector<pgbouncer::BouncerSpec> specs;
  for (const auto& pool : environment.pools) {
    for (const auto& bouncer : pool.bouncers) {
      pgbouncer::BouncerSpec spec;
      spec.name = bouncer.name;
      spec.console.name = bouncer.name;
      spec.console.values = bouncer.console.values;
      spec.console.password = bouncer.console.password;
      spec.console.key_password = bouncer.console.key_password;
      spec.config = bouncer.config;
      spec.shell = bouncer.shell;
      spec.database = pool.database;
      specs.push_back(std::move(spec));
    }
  }
  return specs;
}

std::vector<config::Name> roots_of(const std::vector<postgres::Table>& catalog) {
  std::vector<config::Name> roots;
  for (const auto& table : catalog) {
    if (table.kind != postgres::TableKind::partition) roots.push_back({table.name.schema, table.name.name});
  }
  return roots;
}

std::vector<config::Name> partitions_of(const std::vector<postgres::Table>& catalog) {
  std::vector<config::Name> partitions;
  for (const auto& table : catalog) {
    if (table.kind == postgres::TableKind::partition) partitions.push_back({table.name.schema, table.name.name});
  }
  return partitions;
}

// What was in the split and is in no class by its name, such as a partition that was detached since, stays what it was.
void keep_their_class(config::PartlyClassified& clear, const std::vector<postgres::Table>& catalog,
                      const fence::FrozenSplit& frozen) {
  std::erase_if(clear.unclassified, [&](const config::Name& name) {
    for (const auto& table : catalog) {
      if (table.name.schema != name.schema || table.name.name != name.name) continue;
      const auto* was = frozen.find(table.oid);
      if (was == nullptr || was->name != table.name) return false;
      auto& classes = clear.classified;
      (was->of_class == "moved"  ? classes.moved
       : was->of_class == "kept" ? classes.kept
                                 : classes.shared)
          .push_back(name);
      return true;
    }
    return false;
  });
}

Result<config::PartlyClassified> classified_on(postgres::Connection& leader, const config::Split& split,
                                               const std::vector<postgres::Table>& catalog, Deadline deadline) {
  auto clear = config::classify_what_is_clear(split, roots_of(catalog), partitions_of(catalog));
  if (clear.unclassified.empty()) return clear;
  TRY_ASSIGN(const auto frozen, fence::frozen_split(leader, split.name, deadline));
  if (frozen) keep_their_class(clear, catalog, *frozen);
  return clear;
}

// Partitions go with their root.
std::vector<postgres::Table> with_partitions(const std::vector<config::Name>& roots,
                                             const std::vector<postgres::Table>& catalog) {
  std::set<postgres::TableName> names;
  for (const auto& name : roots) names.insert({name.schema, name.name});
  std::vector<postgres::Table> tables;
  for (const auto& table : catalog) {
    if (names.contains(table.kind == postgres::TableKind::partition ? table.root : table.name)) tables.push_back(table);
  }
  return tables;
}

SplitTables tables_of(const std::string& split, const config::Classified& classified,
                      const std::vector<postgres::Table>& catalog) {
  return {split, with_partitions(classified.moved, catalog), with_partitions(classified.kept, catalog),
          with_partitions(classified.shared, catalog)};
}

// The unclassified that belong to an extension, which nobody thinks of as tables of his own.
std::map<postgres::TableName, std::string> extensions_of(const std::vector<config::Name>& unclassified,
                                                         const std::vector<postgres::Table>& catalog) {
  std::set<postgres::TableName> names;
  for (const auto& name : unclassified) names.insert({name.schema, name.name});
  std::map<postgres::TableName, std::string> extensions;
  for (const auto& table : catalog) {
    if (!table.extension.empty() && names.contains(table.name)) extensions[table.name] = table.extension;
  }
  return extensions;
}

Result<SplitTables> resolve_tables(const config::Split& split, const std::vector<postgres::Table>& catalog) {
  const auto classified = config::classify(split, roots_of(catalog), partitions_of(catalog));
  if (classified.value) return tables_of(split.name, *classified.value, catalog);
  Error error{ErrorKind::invalid, "split " + split.name, "does not fit the database", "", "", "", ""};
  std::string all;
  for (const auto& problem : classified.problems) all += (all.empty() ? "" : "; ") + one_line(problem.text());
  error.what += ": " + all;
  error.hint = "classify every table of the database in " + split.path;
  for (const auto& [table, extension] :
       extensions_of(config::classify_what_is_clear(split, roots_of(catalog)).unclassified, catalog)) {
    error.hint += fmt::format(
        "; {} belongs to extension {}: put it under shared if each side is to have its own, else under kept or moved",
        table.sql(), extension);
  }
  return fail(error);
}

std::vector<postgres::TableName> names_of(const std::vector<postgres::Table>& tables) {
  std::vector<postgres::TableName> names;
  for (const auto& table : tables) names.push_back(table.name);
  return names;
}

}  // namespace

std::vector<postgres::TableName> SplitTables::names() const {
  return names_of(moved);
}

std::vector<postgres::TableName> SplitTables::kept_names() const {
  return names_of(kept);
}

std::vector<postgres::TableName> SplitTables::with_rows() const {
  std::vector<postgres::TableName> names;
  for (const auto& table : moved) {
    if (table.holds_rows) names.push_back(table.name);
  }
  return names;
}

fence::Holder RunIdentity::as_holder() const {
  return {id, epoch, by, host, journal, "", false};
}

Side& World::side(SideName name) {
  return name == SideName::target ? target : source;
}

const Side& World::side(SideName name) const {
  return name == SideName::target ? target : source;
}

Side& World::other(const Side& side) {
  return side.which() == fence::Owner::target ? source : target;
}

fence::Fence World::fence() const {
  return {split.name, source.access().scope, target.access().scope};
}

Result<pgbouncer::Route> World::route_to(SideName name, Deadline deadline) {
  TRY_ASSIGN(const auto route, side(name).route(deadline));
  return pgbouncer::Route{route.host, route.port};
}

std::string World::bouncer_names() const {
  std::string names;
  for (const auto& bouncer : fleet.bouncers()) names += (names.empty() ? "" : ", ") + bouncer.name;
  return names;
}

World unopened_world(const config::Environment& environment, const config::Split& split) {
  return {.source = Side(fence::Owner::source, environment.source),
          .target = Side(fence::Owner::target, environment.target),
          .fleet = pgbouncer::Fleet(bouncer_specs(environment)),
          .split = {split.name, {}, {}},
          .environment = environment,
          .split_file = split};
}

Result<SideTables> tables_on(World& world, Side& side, Deadline deadline) {
  TRY_ASSIGN(auto* leader, side.leader(deadline));
  TRY_ASSIGN(const auto catalog, postgres::tables(*leader, deadline));
  TRY_ASSIGN(const auto clear, classified_on(*leader, world.split_file, catalog, deadline));
  SideTables tables;
  tables.split = tables_of(world.split.name, clear.classified, catalog);
  for (const auto& name : clear.unclassified) tables.unclassified.push_back({name.schema, name.name});
  tables.extensions = extensions_of(clear.unclassified, catalog);
  for (const auto& problem : clear.problems) tables.problems.push_back(one_line(problem.text()));
  return tables;
}

namespace {

// After the split the source may be down while the target serves: either side's catalog will do.
Result<postgres::Connection*> either_leader(World& world, Deadline deadline) {
  auto leader = world.source.leader(deadline);
  if (!leader && leader.error().kind == ErrorKind::invalid) return leader;
  if (const auto target = leader ? leader : world.target.leader(deadline); target) leader = target;
  return leader;
}

}  // namespace

Result<void> resolve_split(World& world, Deadline deadline) {
  TRY_ASSIGN(auto* leader, either_leader(world, deadline));
  TRY_ASSIGN(const auto catalog, postgres::tables(*leader, deadline));
  TRY_ASSIGN(world.split, resolve_tables(world.split_file, catalog));
  return {};
}

Result<std::vector<std::string>> resolve_split_as_it_is(World& world, Deadline deadline) {
  TRY_ASSIGN(auto* leader, either_leader(world, deadline));
  TRY_ASSIGN(const auto catalog, postgres::tables(*leader, deadline));
  TRY_ASSIGN(const auto clear, classified_on(*leader, world.split_file, catalog, deadline));
  std::vector<std::string> notes;
  for (const auto& problem : clear.problems) notes.push_back(one_line(problem.text()));
  for (const auto& table : clear.unclassified)
    notes.push_back(fmt::format("table {} came since, and is in no class", table.text()));
  world.split = tables_of(world.split.name, clear.classified, catalog);
  return notes;
}

Result<World> open_world(const config::Environment& environment, const config::Split& split, Deadline deadline) {
  auto world = unopened_world(environment, split);
  TRY(resolve_split(world, deadline));
  return world;
}

}  // namespace pgcleave::world
