// replication.publish: the publication of one direction, made on the source before the split, so that physical
// replication brings it to the target. A publication has to be there before its slot: pgoutput looks for it as the
// catalog was when a change was made.
#include <algorithm>

#include "base/format.h"
#include "postgres/identity.h"
#include "postgres/replication.h"
#include "postgres/wal.h"
#include "steps/parameters.h"
#include "steps/registry.h"
#include "world/link.h"
#include "world/table_obstacles.h"

namespace pgcleave::steps {
namespace {

postgres::Publication wanted(Context& context, const world::Link& link) {
  return {published(context.world, link), context.with.value("open", true)};
}

Result<bool> is_subscribed(const world::Link& link, Deadline deadline) {
  TRY_ASSIGN(auto* leader, link.to.leader(deadline));
  TRY_ASSIGN(const auto subscription, postgres::subscription(*leader, link.name, deadline));
  return subscription.has_value();
}

// Rows that flow the other way would be sent back.
Result<bool> other_way_flows(Context& context, const world::Link& link) {
  const auto other = link_into(context.world, link.from);
  TRY_ASSIGN(const bool subscribed, is_subscribed(other, context.deadline));
  if (!subscribed) return false;
  TRY_ASSIGN(auto* publisher, other.from.leader(context.deadline));
  TRY_ASSIGN(const auto publication, postgres::publication(*publisher, other.name, context.deadline));
  return publication && publication->open;
}

Result<Observation> observe_replication_publish(Context& context) {
  TRY_ASSIGN(const auto direction, world::direction_named(context.text("direction")));
  const auto link = link_of(context.world, direction);
  TRY_ASSIGN(auto* leader, context.on().leader(context.deadline));
  TRY_ASSIGN(const auto existing, postgres::publication(*leader, link.name, context.deadline));
  const auto publication = wanted(context, link);
  Observation seen;
  seen.before = {{"existed", existing.has_value()}, {"open", existing && existing->open}};
  seen.evidence =
      existing ? fmt::format("{} publication of {} tables", existing->open ? "open" : "closed", existing->tables.size())
               : "no publication";
  const bool same = existing && existing->tables == publication.tables;
  if (existing && !same) seen.evidence += fmt::format(", {} wanted", publication.tables.size());
  if (same && existing->open == publication.open) {
    seen.state = State::done;
  } else if (publication.open) {
    TRY_ASSIGN(const bool read, is_subscribed(link, context.deadline));
    if (existing && read) seen.state = State::conflict;
    if (existing && read)
      seen.evidence +=
          ", and it is read: what was written while it was not as it is wanted is missing on the other side";
    TRY_ASSIGN(const bool flows, other_way_flows(context, link));
    if (flows) seen.state = State::conflict;
    if (flows) seen.evidence += ", and rows flow the other way: they would run in circles";
  }
  return seen;
}

// As the side's catalog is now: the publication itself would break the clients' statements.
Result<void> every_table_can_be_replicated(World& world, Side& side, Deadline deadline) {
  TRY_ASSIGN(const auto tables, tables_on(world, side, deadline));
  const auto without = replication_problems(tables.split);
  if (without.empty()) return {};
  return fail(
      {ErrorKind::not_ready, "split " + world.split.name,
       "tables without a replica identity that can be replicated: UPDATE and DELETE would fail once they are published",
       "a primary key that is not DEFERRABLE, or REPLICA IDENTITY", fmt::format("{}", fmt::join(without, ", ")),
       "alter table ... add primary key, or ... replica identity using index", ""});
}

// The publication of the forward direction is closed inside the window, while clients of kept tables have transactions
// open.
Result<void> closing_takes_effect(World& world, const world::Link& link, Deadline deadline) {
  if (link.from.which() != fence::Owner::source) return {};
  for (auto* side : {&world.source, &world.target}) {
    TRY_ASSIGN(auto* leader, side->leader(deadline));
    TRY_ASSIGN(const auto identity, postgres::identify(*leader, deadline));
    if (postgres::invalidates_publications(identity.version)) continue;
    return fail({ErrorKind::not_ready, side->label(),
                 "PostgreSQL does not tell open transactions there that a publication was closed, so forward "
                 "replication could go on after it",
                 "PostgreSQL 15.13, 16.9, 17.5 or later",
                 fmt::format("{}.{}", identity.version / 10000, identity.version % 10000),
                 "update PostgreSQL, or use runbooks/promote-standby.yml", ""});
  }
  return {};
}

Result<Json> apply_replication_publish(Context& context, const Json&) {
  auto& world = context.world;
  auto& side = context.on();
  TRY(every_table_can_be_replicated(world, side, context.deadline));
  TRY_ASSIGN(const auto direction, world::direction_named(context.text("direction")));
  const auto link = link_of(world, direction);
  TRY(closing_takes_effect(world, link, context.deadline));
  const auto publication = wanted(context, link);
  TRY(world.effects->perform(fmt::format("create publication {} for {} tables on {}{}", link.name,
                                         publication.tables.size(), side.label(), publication.open ? "" : ", closed"),
                             [&]() -> Result<Json> {
                               TRY_ASSIGN(auto* leader, side.leader(context.deadline));
                               TRY(postgres::create_publication(*leader, link.name, publication, context.deadline));
                               return Json();
                             }));
  return Json::object();
}

Result<void> undo_replication_publish(Context& context, const Json& before, const Json&) {
  auto& world = context.world;
  auto& side = context.on();
  TRY_ASSIGN(const auto direction, world::direction_named(context.text("direction")));
  const auto link = link_of(world, direction);
  TRY_ASSIGN(auto* leader, side.leader(context.deadline));
  TRY_ASSIGN(const auto existing, postgres::publication(*leader, link.name, context.deadline));
  if (!existing) return {};
  if (before.value("existed", false)) {
    const bool open = before.value("open", false);
    if (existing->open == open) return {};
    TRY(world.effects->perform(
        fmt::format("{} publication {} on {} again", open ? "open" : "close", link.name, side.label()),
        [&]() -> Result<Json> {
          TRY(postgres::open_publication(*leader, link.name, open, context.deadline));
          return Json();
        }));
    return {};
  }
  TRY(world.effects->perform(fmt::format("drop publication {} on {}", link.name, side.label()), [&]() -> Result<Json> {
    TRY(postgres::drop_publication(*leader, link.name, context.deadline));
    return Json();
  }));
  return {};
}

}  // namespace

StepKind replication_publish() {
  using runbook::Type;
  return {
      {.kind = "replication.publish",
       .purpose =
           "Publishes the moved tables in one direction. Physical replication copies the publication to the target.",
       .parameters =
           {side_parameter("on", "where it is created"),
            {"direction",
             Type::text,
             "reverse",
             false,
             "forward: source to target; reverse: target to source",
             {"forward", "reverse"}},
            {"open", Type::boolean, true, false, "false: it publishes nothing until replication.reverse opens it", {}}},
       .outputs = {},
       .changes = "a publication",
       .undo = "drops the publication if it was made here, else opens or closes it as it was",
       .traits = {.changes = true}},
      nullptr,
      observe_replication_publish,
      apply_replication_publish,
      undo_replication_publish};
}

}  // namespace pgcleave::steps
