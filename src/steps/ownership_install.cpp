// ownership.install: the fence inside PostgreSQL (postgres/ownership.h), created on the source and copied to the target by
// physical replication.
#include "base/format.h"
#include "base/units.h"
#include "postgres/ownership.h"
#include "steps/parameters.h"
#include "steps/registry.h"

namespace pgcleave::steps {
namespace {

Json names_of(const std::vector<postgres::TableName>& tables) {
  Json names = Json::array();
  for (const auto& table : tables) names.push_back({{"schema", table.schema}, {"name", table.name}});
  return names;
}

Result<Observation> observe(Context& context) {
  auto& world = context.world;
  TRY_ASSIGN(auto* source, world.source.leader(context.deadline));
  const auto fence = world.fence();
  TRY_ASSIGN(const bool installed, postgres::is_installed(*source, fence, context.deadline));
  TRY_ASSIGN(const auto drift, postgres::fence_drift(*source, fence, world.split.names(), context.deadline));
  TRY_ASSIGN(const auto owner, postgres::owner(*source, fence.split, context.deadline));
  Observation seen;
  seen.before = {{"installed", installed}, {"present", owner.has_value()}, {"missing", names_of(drift.missing)}};
  seen.evidence = fmt::format("{} of {} tables fenced, owner {}", world.split.moved.size() - drift.missing.size(), world.split.moved.size(),
                              owner ? postgres::name_of(*owner) : "not installed");
  if (owner && *owner != postgres::Owner::source) {
    seen.state = State::foreign;
  } else if (installed && drift.missing.empty()) {
    seen.state = State::done;
  }
  return seen;
}

Result<Json> apply(Context& context, const Json&) {
  auto& world = context.world;
  const auto fence = world.fence();
  TRY_ASSIGN(auto* source, world.source.leader(context.deadline));
  TRY_ASSIGN(const bool installed, postgres::is_installed(*source, fence, context.deadline));
  if (!installed) {
    TRY(world.effects->perform(
        fmt::format("install ownership of split {} on {}: owner sequence, fence and canary table", fence.split, world.source.label()),
        [&]() -> Result<Json> {
          TRY(postgres::install(*source, fence, context.deadline));
          return Json();
        }));
  }
  TRY_ASSIGN(const auto drift, postgres::fence_drift(*source, fence, world.split.names(), context.deadline));
  if (drift.missing.empty()) return Json::object();
  TRY_ASSIGN(const auto lock_timeout, parse_duration(context.text("lock_timeout")));
  TRY(world.effects->perform(fmt::format("create the fence trigger on {} tables on {}", drift.missing.size(), world.source.label()),
                             [&]() -> Result<Json> {
                               TRY(postgres::create_triggers(*source, fence, drift.missing, lock_timeout, context.deadline, context.stop));
                               return Json();
                             }));
  return Json{{"fenced", drift.missing.size()}};
}

Result<void> undo(Context& context, const Json& before, const Json&) {
  auto& world = context.world;
  const auto fence = world.fence();
  TRY_ASSIGN(auto* source, world.source.leader(context.deadline));
  std::vector<postgres::TableName> made;
  for (const auto& name : before.value("missing", Json::array())) made.push_back({name.at("schema"), name.at("name")});
  TRY_ASSIGN(const auto lock_timeout, parse_duration(context.text("lock_timeout")));
  if (!made.empty()) {
    TRY(world.effects->perform(fmt::format("drop the fence trigger on {} tables on {}", made.size(), world.source.label()),
                               [&]() -> Result<Json> {
                                 TRY(postgres::drop_triggers(*source, fence, made, lock_timeout, context.deadline, context.stop));
                                 return Json();
                               }));
  }
  if (before.value("present", false)) return {};
  TRY(world.effects->perform(fmt::format("remove ownership of split {} from {}", fence.split, world.source.label()), [&]() -> Result<Json> {
    TRY(postgres::uninstall(*source, fence, context.deadline));
    return Json();
  }));
  return {};
}

}  // namespace

StepKind ownership_install() {
  return {{.kind = "ownership.install",
           .purpose = "Fences every moved table inside PostgreSQL: only the owner of the split may write it.",
           .parameters = {{"lock_timeout",
                           runbook::Type::duration,
                           "300ms",
                           false,
                           "how long one try may hold up writers of a table. Below deadlock_timeout, so that a client never pays for a "
                           "deadlock; above it PostgreSQL "
                           "cancels autovacuum workers that are in the way",
                           {}}},
           .facts = {{"fenced", "number of tables that got the trigger"}},
           .changes = "schema pgcleave and one statement trigger per moved table and partition on the source",
           .undo = "drops the triggers that it made, and the schema's objects if it made them",
           .meaning = {.changes = true}},
          nullptr,
          observe,
          apply,
          undo};
}

}  // namespace pgcleave::steps
