// replication.publish: the publication for the way back, made on the source before the split, so that physical replication
// brings it to the target.
#include <algorithm>

#include "base/format.h"
#include "postgres/replication.h"
#include "steps/parameters.h"
#include "steps/registry.h"

namespace pgcleave::steps {
namespace {

// The moved tables and the canary, which proves the path.
std::vector<postgres::TableName> published(const World& world) {
  auto tables = world.split.with_rows();
  tables.push_back({"pgcleave", "canary_" + world.split.name});
  std::sort(tables.begin(), tables.end());
  return tables;
}

Result<Observation> observe(Context& context) {
  auto& world = context.world;
  TRY_ASSIGN(auto* leader, context.on().leader(context.deadline));
  TRY_ASSIGN(auto existing, postgres::publication(*leader, world.reverse_name(), context.deadline));
  Observation seen;
  seen.before = {{"existed", existing.has_value()}};
  seen.evidence = existing ? fmt::format("publication of {} tables", existing->size()) : "no publication";
  if (!existing) return seen;
  std::sort(existing->begin(), existing->end());
  seen.state = *existing == published(world) ? State::done : State::foreign;
  if (seen.state == State::foreign) seen.evidence += fmt::format(", {} wanted", published(world).size());
  return seen;
}

Result<void> every_table_has_an_identity(const World& world) {
  std::string without;
  for (const auto& table : world.split.moved) {
    if (table.holds_rows && !table.has_replica_identity) without += (without.empty() ? "" : ", ") + table.name.sql();
  }
  if (without.empty()) return {};
  return fail({ErrorKind::not_ready, "split " + world.split.name,
               "tables without a replica identity: UPDATE and DELETE would fail once they are published",
               "a primary key or REPLICA IDENTITY", without, "alter table ... add primary key, or ... replica identity full", ""});
}

Result<Json> apply(Context& context, const Json&) {
  auto& world = context.world;
  auto& side = context.on();
  TRY(every_table_has_an_identity(world));
  const auto tables = published(world);
  TRY(world.effects->perform(fmt::format("create publication {} for {} tables on {}", world.reverse_name(), tables.size(), side.label()),
                             [&]() -> Result<Json> {
                               TRY_ASSIGN(auto* leader, side.leader(context.deadline));
                               TRY(postgres::create_publication(*leader, world.reverse_name(), tables, context.deadline));
                               return Json();
                             }));
  return Json::object();
}

Result<void> undo(Context& context, const Json& before, const Json&) {
  if (before.value("existed", false)) return {};
  auto& world = context.world;
  auto& side = context.on();
  TRY(world.effects->perform(fmt::format("drop publication {} on {}", world.reverse_name(), side.label()), [&]() -> Result<Json> {
    TRY_ASSIGN(auto* leader, side.leader(context.deadline));
    TRY(postgres::drop_publication(*leader, world.reverse_name(), context.deadline));
    return Json();
  }));
  return {};
}

}  // namespace

StepKind replication_publish() {
  return {{.kind = "replication.publish",
           .purpose = "Publishes the moved tables for the way back. Physical replication copies the publication to the target.",
           .parameters = {side_parameter("on", "where it is created")},
           .facts = {},
           .changes = "a publication",
           .undo = "drops the publication if it was made here",
           .meaning = {.changes = true}},
          nullptr,
          observe,
          apply,
          undo};
}

}  // namespace pgcleave::steps
