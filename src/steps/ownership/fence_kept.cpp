// ownership.fence_kept: locks the tables that stay on the promoted target (fence/kept_fence.h). A rewind takes the lock
// away with everything else that the target wrote.
#include "base/format.h"
#include "base/units.h"
#include "fence/kept_fence.h"
#include "postgres/wal.h"
#include "steps/parameters.h"
#include "steps/registry.h"

namespace pgcleave::steps {
namespace {

using fence::KeptFence;

Result<void> must_be_the_target(const Side& side) {
  if (side.which() == fence::Owner::target) return {};
  return fail({ErrorKind::invalid, side.label(), "keeps these tables: nothing is to be locked there", "on: target",
               "on: source", "correct `on` in the runbook", ""});
}

Result<void> must_be_writable(Side& side, postgres::Connection& leader, Deadline deadline) {
  TRY_ASSIGN(const auto recovery, postgres::recovery(leader, deadline));
  if (!recovery.in_recovery) return {};
  return fail({ErrorKind::not_ready, side.label(),
               "is in recovery: a standby has the source's triggers and takes no others", "a primary", "a standby",
               "use ownership.fence_kept after the promotion", ""});
}

struct Seen {
  KeptFence function = KeptFence::absent;
  std::size_t tables = 0;
  std::vector<postgres::TableName> missing;
};

Result<Seen> read_kept_fence(Context& context, postgres::Connection& leader) {
  auto& world = context.world;
  TRY_ASSIGN(const auto tables, tables_on(world, context.on(), context.deadline));
  TRY_ASSIGN(const auto function, fence::kept_fence(leader, world.fence(), context.deadline));
  TRY_ASSIGN(auto drift, fence::kept_fence_drift(leader, world.fence(), tables.split.kept_names(), context.deadline));
  return Seen{function, tables.split.kept.size(), std::move(drift.missing)};
}

Result<Observation> observe_ownership_fence_kept(Context& context) {
  auto& side = context.on();
  TRY(must_be_the_target(side));
  TRY_ASSIGN(auto* leader, side.leader(context.deadline));
  TRY(must_be_writable(side, *leader, context.deadline));
  TRY_ASSIGN(const auto owner, fence::owner(*leader, context.world.split.name, context.deadline));
  if (!owner) {
    return fail({ErrorKind::not_ready, side.label(), "has no ownership of split " + context.world.split.name,
                 "installed by ownership.install", "not installed", "split first, or see: pgcleave check", ""});
  }
  TRY_ASSIGN(const auto seen, read_kept_fence(context, *leader));
  Observation out;
  out.before = {{"present", seen.function != KeptFence::absent}, {"missing", names_in_json(seen.missing)}};
  out.evidence = fmt::format("{} of {} kept tables fenced", seen.tables - seen.missing.size(), seen.tables);
  if (seen.function == KeptFence::installed && seen.missing.empty()) out.state = State::done;
  return out;
}

Result<Json> apply_ownership_fence_kept(Context& context, const Json&) {
  auto& world = context.world;
  auto& side = context.on();
  const auto fence = world.fence();
  TRY_ASSIGN(const auto lock_timeout, parse_duration(context.text("lock_timeout")));
  TRY_ASSIGN(auto* leader, side.leader(context.deadline));
  TRY_ASSIGN(const auto seen, read_kept_fence(context, *leader));
  if (seen.function != KeptFence::installed) {
    TRY(world.effects->perform(
        fmt::format("install the fence of kept tables of split {} on {}", fence.split, side.label()),
        [&]() -> Result<Json> {
          TRY(must_be_writable(side, *leader, context.deadline));
          TRY(fence::install_kept_fence(*leader, fence, context.deadline));
          return Json();
        }));
  }
  if (seen.missing.empty()) return Json{{"fenced", 0}};
  TRY(world.effects->perform(
      fmt::format("create the fence trigger on {} kept tables on {}", seen.missing.size(), side.label()),
      [&]() -> Result<Json> {
        TRY(fence::create_kept_triggers(*leader, fence, seen.missing, lock_timeout, context.deadline, context.stop));
        return Json();
      }));
  return Json{{"fenced", seen.missing.size()}};
}

// A target that was rewound meanwhile has nothing left to undo.
Result<void> undo_ownership_fence_kept(Context& context, const Json& before, const Json&) {
  auto& world = context.world;
  auto& side = context.on();
  const auto fence = world.fence();
  TRY_ASSIGN(auto* leader, side.leader(context.deadline));
  TRY_ASSIGN(const auto function, fence::kept_fence(*leader, fence, context.deadline));
  if (function == KeptFence::absent) return {};
  TRY(must_be_writable(side, *leader, context.deadline));
  TRY_ASSIGN(const auto lock_timeout, parse_duration(context.text("lock_timeout")));
  const bool present = before.value("present", false);
  auto made = names_from_json(before.value("missing", Json::array()));
  // Without the function no trigger can stay, also none of a table that came later.
  if (!present) {
    TRY_ASSIGN(const auto drift, fence::kept_fence_drift(*leader, fence, {}, context.deadline));
    made = drift.superfluous;
  }
  if (!made.empty()) {
    TRY(world.effects->perform(fmt::format("drop the fence trigger on {} kept tables on {}", made.size(), side.label()),
                               [&]() -> Result<Json> {
                                 TRY(fence::drop_kept_triggers(*leader, fence, made, lock_timeout, context.deadline,
                                                               context.stop));
                                 return Json();
                               }));
  }
  if (present) return {};
  TRY(world.effects->perform(
      fmt::format("remove the fence of kept tables of split {} from {}", fence.split, side.label()),
      [&]() -> Result<Json> {
        TRY(fence::uninstall_kept_fence(*leader, fence, context.deadline));
        return Json();
      }));
  return {};
}

}  // namespace

StepKind ownership_fence_kept() {
  return {
      {.kind = "ownership.fence_kept",
       .purpose = "Fences every kept table on the promoted target: only the source's cluster may write it.",
       .parameters = {{"on", runbook::Type::side, "target", false, "the side that was split off", {}},
                      fence_lock_timeout_parameter()},
       .outputs = {{"fenced", "number of tables that got the trigger"}},
       .changes = "a function in schema pgcleave and one statement trigger per kept table and partition on the target",
       .undo = "drops the triggers that it made, and the function if it made it",
       .traits = {.changes = true, .spared = true}},
      nullptr,
      observe_ownership_fence_kept,
      apply_ownership_fence_kept,
      undo_ownership_fence_kept};
}

}  // namespace pgcleave::steps
