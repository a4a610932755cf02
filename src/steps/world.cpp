#include "steps/world.h"

#include <algorithm>
#include <set>

#include "base/format.h"

namespace pgcleave::steps {
namespace {

std::vector<pgbouncer::BouncerSpec> bouncer_specs(const runbook::Environment& environment) {
  std::vector<pgbouncer::BouncerSpec> specs;
  for (const auto& pool : environment.pools) {
    for (const auto& bouncer : pool.bouncers) {
      pgbouncer::BouncerSpec spec;
      spec.name = bouncer.name;
      spec.console.name = bouncer.name;
      spec.console.values = bouncer.console.values;
      spec.console.password = bouncer.console.password;
      spec.config = bouncer.config;
      spec.reach = bouncer.reach;
      spec.database = pool.database;
      specs.push_back(std::move(spec));
    }
  }
  return specs;
}

std::vector<postgres::Table> with_partitions(const std::vector<runbook::Name>& roots, const std::vector<postgres::Table>& catalog) {
  std::set<postgres::TableName> names;
  for (const auto& name : roots) names.insert({name.schema, name.name});
  std::vector<postgres::Table> tables;
  for (const auto& table : catalog) {
    if (names.contains(table.root)) tables.push_back(table);
  }
  return tables;
}

Result<SplitTables> resolve_tables(const runbook::Split& split, const std::vector<postgres::Table>& catalog) {
  std::vector<runbook::Name> roots;
  for (const auto& table : catalog) {
    if (table.kind != postgres::TableKind::partition) roots.push_back({table.name.schema, table.name.name});
  }
  const auto classified = runbook::classify(split, roots);
  if (!classified.value) {
    Error error{ErrorKind::invalid, "split " + split.name, "does not fit the database", "", "", "", ""};
    std::string all;
    for (const auto& problem : classified.problems) all += (all.empty() ? "" : "; ") + problem.text();
    error.what += ": " + all;
    error.hint = "classify every table of the database in " + split.path;
    return fail(error);
  }
  SplitTables tables;
  tables.name = split.name;
  tables.moved = with_partitions(classified.value->moved, catalog);
  tables.kept = with_partitions(classified.value->kept, catalog);
  return tables;
}

}  // namespace

std::vector<postgres::TableName> SplitTables::names() const {
  std::vector<postgres::TableName> names;
  for (const auto& table : moved) names.push_back(table.name);
  return names;
}

std::vector<postgres::TableName> SplitTables::with_rows() const {
  std::vector<postgres::TableName> names;
  for (const auto& table : moved) {
    if (table.holds_rows) names.push_back(table.name);
  }
  return names;
}

Side& World::side(const std::string& name) {
  return name == "target" ? target : source;
}

Side& World::other(const Side& side) {
  return side.which() == postgres::Owner::target ? source : target;
}

postgres::Fence World::fence() const {
  return {split.name, source.access().scope, target.access().scope};
}

pgbouncer::Route World::route_to(const std::string& side) const {
  const auto& route = (side == "target" ? target : source).access().route;
  return {route.host, route.port};
}

std::string World::bouncer_names() const {
  std::string names;
  for (const auto& bouncer : fleet.bouncers()) names += (names.empty() ? "" : ", ") + bouncer.name;
  return names;
}

Result<World> open_world(const runbook::Environment& environment, const runbook::Split& split, Deadline deadline) {
  World world{Side(postgres::Owner::source, environment.source),
              Side(postgres::Owner::target, environment.target),
              pgbouncer::Fleet(bouncer_specs(environment)),
              {},
              {},
              environment,
              nullptr,
              nullptr,
              nullptr};
  // After the split the source may be down while the target serves: either side's catalog will do.
  auto leader = world.source.leader(deadline);
  if (const auto target = leader ? leader : world.target.leader(deadline); target) leader = target;
  if (!leader) return fail(leader.error());
  TRY_ASSIGN(const auto catalog, postgres::tables(**leader, deadline));
  TRY_ASSIGN(world.split, resolve_tables(split, catalog));
  return world;
}

}  // namespace pgcleave::steps
