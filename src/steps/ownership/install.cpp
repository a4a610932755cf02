// ownership.install: the fence inside PostgreSQL (fence/ownership.h), created on the source and copied to the target by
// physical replication. After the split, on either side: what was created there since.
#include <algorithm>

#include "base/format.h"
#include "base/units.h"
#include "fence/kept_fence.h"
#include "fence/probe_rights.h"
#include "postgres/wal.h"
#include "steps/parameters.h"
#include "steps/registry.h"
#include "world/frozen.h"
#include "world/serving.h"

namespace pgcleave::steps {
namespace {

using fence::Owner;

// After the split tables come to be on each side by themselves. A trigger more does no harm on a side that owns, nor on
// the one that has given its tables away; and what owns nothing must not be made to own.
Result<bool> may_be_fenced(Context& context, const std::optional<Owner>& owner) {
  auto& side = context.on();
  if (owner == side.which()) return true;
  auto& other = context.world.other(side);
  if (side.which() == Owner::target || owner == other.which()) return false;
  TRY_ASSIGN(auto* leader, other.leader(context.deadline));
  TRY_ASSIGN(const auto other_owner, fence::owner(*leader, context.world.split.name, context.deadline));
  return owner.has_value() == (other_owner == other.which());
}

// What is in the split is written down while the source owns it, by each run anew: the run that splits is the last.
// Afterwards nobody adds to it: a table that is fenced later is no stale half of anything.
struct Writing {
  bool wanted = false;
  std::optional<fence::FrozenSplit> written;
  fence::FrozenSplit now;
  [[nodiscard]] bool missing() const { return wanted && (!written || !world::same_split(*written, now)); }
};

Result<bool> still_follows(Context& context) {
  TRY_ASSIGN(auto* target, context.world.target.leader(context.deadline));
  TRY_ASSIGN(const auto recovery, postgres::recovery(*target, context.deadline));
  return recovery.in_recovery;
}

Result<Writing> inspect_writing(Context& context, postgres::Connection& leader, const SplitTables& tables,
                                const std::optional<Owner>& owner) {
  Writing seen;
  TRY_ASSIGN(seen.written, fence::frozen_split(leader, context.world.split.name, context.deadline));
  seen.now = to_freeze(context.world, tables);
  seen.wanted = context.on().which() == Owner::source && owner.value_or(Owner::source) == Owner::source;
  // A target that was promoted since keeps its copy as it is: the two would differ.
  if (seen.wanted && seen.written && seen.written->run == seen.now.run) {
    TRY_ASSIGN(seen.wanted, still_follows(context));
  }
  return seen;
}

// Each split's fence knows its own two sides only: on a third it would refuse all writes.
Result<void> no_other_split_has(Context& context, postgres::Connection& leader,
                                const std::vector<postgres::TableName>& moved) {
  TRY_ASSIGN(const auto others, fence::fenced_by_others(leader, context.world.split.name, moved, context.deadline));
  if (others.empty()) return {};
  return fail(
      {ErrorKind::not_ready, "split " + context.world.split.name, "would move tables that another split has moved",
       "tables without the fence of another split",
       fmt::format("{} on {}", fmt::join(others, ", "), context.on().label()),
       "leave them out of this split; or undo the other one, or drop its triggers if that one is over and cleaned up",
       ""});
}

Result<Observation> observe_ownership_install(Context& context) {
  auto& side = context.on();
  TRY_ASSIGN(auto* leader, side.leader(context.deadline));
  const auto fence = context.world.fence();
  TRY_ASSIGN(const auto tables, tables_on(context.world, side, context.deadline));
  TRY(no_other_split_has(context, *leader, tables.split.names()));
  TRY_ASSIGN(const bool installed, fence::is_installed(*leader, fence, context.deadline));
  TRY_ASSIGN(const auto drift, fence::fence_drift(*leader, fence, tables.split.names(), context.deadline));
  TRY_ASSIGN(const auto owner, fence::owner(*leader, fence.split, context.deadline));
  TRY_ASSIGN(const bool fitting, may_be_fenced(context, owner));
  TRY_ASSIGN(const auto without_rights,
             fence::without_probe_rights(*leader, fence.split, world::probe_users(context.world.environment),
                                         context.deadline));
  TRY_ASSIGN(const auto writing, inspect_writing(context, *leader, tables.split, owner));
  const auto moved = tables.split.moved.size();
  Observation seen;
  seen.before = {{"installed", installed},
                 {"present", owner.has_value()},
                 {"missing", names_in_json(drift.missing)},
                 {"frozen", world::json_of(writing.written)},
                 {"without_rights", without_rights}};
  seen.evidence = fmt::format("{} of {} tables fenced, owner {}", moved - drift.missing.size(), moved,
                              owner ? fence::name_of(*owner) : "not installed");
  if (writing.missing()) seen.evidence += ", what is in the split not written down by this run";
  if (!fitting) {
    seen.evidence += fmt::format(" on {}: it must be {}", side.label(), side.name());
    seen.state = State::conflict;
  } else if (installed && drift.missing.empty() && without_rights.empty() && !writing.missing()) {
    seen.state = State::done;
  }
  return seen;
}

std::string rights_in_words(const char* verb, const std::vector<std::string>& users, const Side& side) {
  return fmt::format("{} {} write the canary and probe tables on {}", verb, fmt::join(users, ", "), side.label());
}

// A probe as the clients' own user waits in their pool.
Result<void> let_probes_write(Context& context, postgres::Connection& leader) {
  const auto& split = context.world.split.name;
  TRY_ASSIGN(const auto users, fence::without_probe_rights(leader, split, world::probe_users(context.world.environment),
                                                           context.deadline));
  if (users.empty()) return {};
  TRY(context.world.effects->perform(rights_in_words("let", users, context.on()), [&]() -> Result<Json> {
    TRY(fence::grant_probe_rights(leader, split, users, context.deadline));
    return Json();
  }));
  return {};
}

// Those that it gave.
Result<void> take_rights_back(Context& context, postgres::Connection& leader, const Json& before) {
  std::vector<std::string> users;
  for (const auto& user : before.value("without_rights", Json::array())) users.push_back(user.get<std::string>());
  const auto& split = context.world.split.name;
  TRY_ASSIGN(const auto without, fence::without_probe_rights(leader, split, users, context.deadline));
  std::erase_if(users,
                [&](const auto& user) { return std::find(without.begin(), without.end(), user) != without.end(); });
  if (users.empty()) return {};
  TRY(context.world.effects->perform(rights_in_words("no longer let", users, context.on()), [&]() -> Result<Json> {
    TRY(fence::revoke_probe_rights(leader, split, users, context.deadline));
    return Json();
  }));
  return {};
}

// The journal keeps the list too, as what the effect resulted in.
Result<void> write_down(Context& context, postgres::Connection& leader, const SplitTables& tables) {
  const auto& split = context.world.split.name;
  TRY_ASSIGN(const auto owner, fence::owner(leader, split, context.deadline));
  TRY_ASSIGN(const auto writing, inspect_writing(context, leader, tables, owner));
  if (!writing.missing()) return {};
  TRY(context.world.effects->perform(
      fmt::format("write down on {} which tables are in split {}", context.on().label(), split), [&]() -> Result<Json> {
        TRY(fence::freeze_split(leader, split, writing.now, context.deadline));
        return Json{{"frozen", world::json_of(std::optional(writing.now))}};
      }));
  return {};
}

Result<void> write_down_what_was(Context& context, postgres::Connection& leader, const Json& before) {
  const auto was = world::frozen_from_json(before.value("frozen", Json()));
  const auto& split = context.world.split.name;
  TRY_ASSIGN(const auto now, fence::frozen_split(leader, split, context.deadline));
  if (!before.contains("frozen") || world::json_of(now) == world::json_of(was)) return {};
  TRY(context.world.effects->perform(
      fmt::format("write down on {} what was in split {} before", context.on().label(), split), [&]() -> Result<Json> {
        TRY(fence::freeze_split(leader, split, was, context.deadline));
        return Json();
      }));
  return {};
}

Result<Json> apply_ownership_install(Context& context, const Json&) {
  auto& world = context.world;
  auto& side = context.on();
  const auto fence = world.fence();
  TRY_ASSIGN(auto* leader, side.leader(context.deadline));
  TRY_ASSIGN(const bool installed, fence::is_installed(*leader, fence, context.deadline));
  if (!installed) {
    TRY(world.effects->perform(
        fmt::format("install ownership of split {} on {}: owner sequence, fence, canary and probe tables", fence.split,
                    side.label()),
        [&]() -> Result<Json> {
          TRY(fence::install(*leader, fence, context.deadline));
          TRY(fence::hold(*leader, fence.split, world.run.as_holder(), world.run.take_over, context.deadline));
          return Json();
        }));
  }
  TRY(let_probes_write(context, *leader));
  TRY_ASSIGN(const auto tables, tables_on(world, side, context.deadline));
  TRY_ASSIGN(const auto drift, fence::fence_drift(*leader, fence, tables.split.names(), context.deadline));
  if (!drift.missing.empty()) {
    TRY_ASSIGN(const auto lock_timeout, parse_duration(context.text("lock_timeout")));
    TRY(world.effects->perform(
        fmt::format("create the fence trigger on {} tables on {}", drift.missing.size(), side.label()),
        [&]() -> Result<Json> {
          TRY(fence::create_triggers(*leader, fence, drift.missing, lock_timeout, context.deadline, context.stop));
          return Json();
        }));
  }
  TRY(write_down(context, *leader, tables.split));
  return drift.missing.empty() ? Json::object() : Json{{"fenced", drift.missing.size()}};
}

// Those that still have it: a side that was rewound meanwhile has none of them.
Result<void> drop(Context& context, postgres::Connection& leader, const std::vector<postgres::TableName>& made) {
  const auto fence = context.world.fence();
  TRY_ASSIGN(const auto fenced, fence::fence_drift(leader, fence, {}, context.deadline));
  std::vector<postgres::TableName> left;
  for (const auto& table : made) {
    if (std::find(fenced.superfluous.begin(), fenced.superfluous.end(), table) != fenced.superfluous.end())
      left.push_back(table);
  }
  if (left.empty()) return {};
  TRY_ASSIGN(const auto lock_timeout, parse_duration(context.text("lock_timeout")));
  TRY(context.world.effects->perform(
      fmt::format("drop the fence trigger on {} tables on {}", left.size(), context.on().label()),
      [&]() -> Result<Json> {
        TRY(fence::drop_triggers(leader, fence, left, lock_timeout, context.deadline, context.stop));
        return Json();
      }));
  return {};
}

// What else needs what is about to go: the lock of kept tables.
Result<void> drop_kept(Context& context, postgres::Connection& leader) {
  const auto fence = context.world.fence();
  TRY_ASSIGN(const auto kept, fence::kept_fence_drift(leader, fence, {}, context.deadline));
  if (kept.superfluous.empty()) return {};
  TRY_ASSIGN(const auto lock_timeout, parse_duration(context.text("lock_timeout")));
  TRY(context.world.effects->perform(
      fmt::format("drop the fence trigger on {} kept tables on {}", kept.superfluous.size(), context.on().label()),
      [&]() -> Result<Json> {
        TRY(fence::drop_kept_triggers(leader, fence, kept.superfluous, lock_timeout, context.deadline, context.stop));
        return Json();
      }));
  return {};
}

Result<void> undo_ownership_install(Context& context, const Json& before, const Json&) {
  auto& world = context.world;
  auto& side = context.on();
  const auto fence = world.fence();
  TRY_ASSIGN(auto* leader, side.leader(context.deadline));
  if (before.value("present", false)) {
    TRY(take_rights_back(context, *leader, before));
    if (side.which() == Owner::source) TRY(write_down_what_was(context, *leader, before));
    return drop(context, *leader, names_from_json(before.value("missing", Json::array())));
  }
  TRY_ASSIGN(const auto owner, fence::owner(*leader, fence.split, context.deadline));
  if (owner && *owner != side.which()) {
    return fail({ErrorKind::conflict, "split " + fence.split,
                 "the fence is needed on " + side.label() + ": it does not own the moved tables",
                 std::string("owner ") + side.name(), std::string("owner ") + fence::name_of(*owner),
                 "find out who passed ownership: pgcleave status", ""});
  }
  // Ownership itself came with this run: no trigger may be left, also none of a table that was made and fenced later.
  TRY_ASSIGN(const auto fenced, fence::fence_drift(*leader, fence, {}, context.deadline));
  TRY(drop(context, *leader, fenced.superfluous));
  TRY(drop_kept(context, *leader));
  TRY(world.effects->perform(fmt::format("remove ownership of split {} from {}", fence.split, side.label()),
                             [&]() -> Result<Json> {
                               TRY(fence::uninstall(*leader, fence, context.deadline));
                               return Json();
                             }));
  return {};
}

}  // namespace

StepKind ownership_install() {
  return {
      {.kind = "ownership.install",
       .purpose = "Fences every moved table inside PostgreSQL: only the owner of the split may write it.",
       .parameters =
           {{"on",
             runbook::Type::side,
             "source",
             false,
             "source before the split; afterwards also the target, for tables and partitions that were created since",
             {}},
            fence_lock_timeout_parameter()},
       .outputs = {{"fenced", "number of tables that got the trigger"}},
       .changes = "schema pgcleave with a list of what is in the split, and one statement trigger per moved table and "
                  "partition on that side",
       .undo = "drops the triggers that it made, and the schema's objects if it made them; writes down again what was "
               "in the split before",
       .traits = {.changes = true}},
      nullptr,
      observe_ownership_install,
      apply_ownership_install,
      undo_ownership_install};
}

}  // namespace pgcleave::steps
