// replication.unpublish: drops the split's publications on one side. Physical replication copied that of reverse
// replication to the target, so both sides have it.
#include "base/format.h"
#include "postgres/replication.h"
#include "steps/parameters.h"
#include "steps/registry.h"
#include "world/link.h"
#include "world/stale_half.h"

namespace pgcleave::steps {
namespace {

Result<Observation> observe_replication_unpublish(Context& context) {
  TRY_ASSIGN(auto* leader, context.on().leader(context.deadline));
  Observation seen;
  seen.before = {{"publications", Json::object()}};
  for (const auto& name : link_names(context.world)) {
    TRY_ASSIGN(const auto publication, postgres::publication(*leader, name, context.deadline));
    if (!publication) continue;
    Json list = Json::array();
    for (const auto& table : publication->tables) list.push_back({{"schema", table.schema}, {"name", table.name}});
    seen.before["publications"][name] = {{"tables", list}, {"open", publication->open}};
    seen.evidence += fmt::format("{}publication {} of {} tables", seen.evidence.empty() ? "" : ", ", name,
                                 publication->tables.size());
  }
  if (!seen.evidence.empty()) return seen;
  seen.evidence = fmt::format("no publication of split {} on {}", context.world.split.name, context.on().label());
  seen.state = State::done;
  return seen;
}

Result<Json> apply_replication_unpublish(Context& context, const Json&) {
  auto& side = context.on();
  TRY_ASSIGN(auto* leader, side.leader(context.deadline));
  for (const auto& name : link_names(context.world)) {
    TRY_ASSIGN(const auto publication, postgres::publication(*leader, name, context.deadline));
    if (!publication) continue;
    TRY(context.world.effects->perform(fmt::format("drop publication {} on {}", name, side.label()),
                                       [&]() -> Result<Json> {
                                         TRY(postgres::drop_publication(*leader, name, context.deadline));
                                         return Json();
                                       }));
  }
  return Json::object();
}

Result<void> undo_replication_unpublish(Context& context, const Json& before, const Json&) {
  auto& side = context.on();
  const auto publications = before.value("publications", Json::object());
  for (const auto& entry : publications.items()) {
    postgres::Publication publication;
    publication.open = entry.value().value("open", true);
    for (const auto& table : entry.value().at("tables"))
      publication.tables.push_back({table.at("schema"), table.at("name")});
    TRY(context.world.effects->perform(fmt::format("create publication {} for {} tables on {} again", entry.key(),
                                                   publication.tables.size(), side.label()),
                                       [&]() -> Result<Json> {
                                         TRY_ASSIGN(auto* leader, side.leader(context.deadline));
                                         TRY(postgres::create_publication(*leader, entry.key(), publication,
                                                                          context.deadline));
                                         return Json();
                                       }));
  }
  return {};
}

}  // namespace

StepKind replication_unpublish() {
  return {{.kind = "replication.unpublish",
           .purpose = "Drops the publications of a split on one side.",
           .parameters = {side_parameter("on", "where they are dropped")},
           .outputs = {},
           .changes = "publications of the split",
           .undo = "creates them again, with the tables that they had",
           .traits = {.changes = true}},
          nullptr,
          observe_replication_unpublish,
          apply_replication_unpublish,
          undo_replication_unpublish};
}

}  // namespace pgcleave::steps
