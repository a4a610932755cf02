// The family fence: is every table that must be locked locked, on each side, and do the sides agree on who owns?
#include "base/format.h"
#include "checks/families.h"
#include "checks/fence/findings.h"
#include "postgres/wal.h"
#include "world/frozen.h"
#include "world/owners.h"
#include "world/split_sequences.h"

namespace pgcleave::checks {
namespace {

using Triggers = std::map<postgres::TableName, std::string>;

Result<Triggers> triggers_of(postgres::Connection& connection, const std::string& split, Deadline deadline) {
  TRY_ASSIGN(const auto rows, connection.query(R"sql(
      SELECT n.nspname, c.relname,
             pg_catalog.string_agg(t.tgname || CASE t.tgenabled WHEN 'D' THEN ' is disabled'
                                                                WHEN 'R' THEN ' fires for replicas only'
               WHEN 'A' THEN ' fires for replicas too' ELSE ' is enabled' END, ', ' ORDER BY t.tgname) AS seen
        FROM pg_catalog.pg_trigger t
        JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       WHERE t.tgname IN ('pgcleave_fence_' || $1, 'pgcleave_fence_kept_' || $1)
       GROUP BY 1, 2)sql",
                                               {split}, deadline));
  Triggers triggers;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    triggers[{rows.text(row, "nspname"), rows.text(row, "relname")}] = rows.text(row, "seen");
  }
  return triggers;
}

Result<void> inspect_side(CheckContext& context, world::Side& side, FenceOfSide& seen) {
  auto& world = context.world();
  const auto fence = world.fence();
  const auto deadline = context.deadline();
  TRY_ASSIGN(auto* session, context.session(side));
  TRY_ASSIGN(const auto recovery, postgres::recovery(*session, deadline));
  seen.in_recovery = recovery.in_recovery;
  TRY_ASSIGN(auto tables, world::tables_on(world, side, deadline));
  seen.unclassified = std::move(tables.unclassified);
  seen.extensions = std::move(tables.extensions);
  seen.split_problems = std::move(tables.problems);
  TRY_ASSIGN(auto sequences, world::sequences_on(world, side, deadline));
  seen.unclassified_sequences = std::move(sequences.unclassified);
  seen.split_problems.insert(seen.split_problems.end(), sequences.problems.begin(), sequences.problems.end());
  TRY_ASSIGN(seen.owner, fence::owner(*session, fence.split, deadline));
  if (!seen.owner) return {};
  TRY_ASSIGN(seen.text_fits, fence::is_installed(*session, fence, deadline));
  TRY_ASSIGN(seen.kept_function, fence::kept_fence(*session, fence, deadline));
  TRY_ASSIGN(seen.moved, fence::fence_drift(*session, fence, tables.split.names(), deadline));
  TRY_ASSIGN(seen.kept, fence::kept_fence_drift(*session, fence, tables.split.kept_names(), deadline));
  TRY_ASSIGN(seen.triggers, triggers_of(*session, fence.split, deadline));
  return {};
}

FenceOfSide of_side(CheckContext& context, world::Side& side) {
  FenceOfSide seen;
  seen.which = side.which();
  seen.label = side.label();
  if (const auto looked = inspect_side(context, side, seen); !looked) seen.unseen = looked.error().text();
  return seen;
}

}  // namespace

Result<Findings> fence(CheckContext& context) {
  auto& world = context.world();
  FenceSeen seen{world.split.name, world.split_file.path, context.with_environment(), of_side(context, world.source),
                 of_side(context, world.target)};
  if (seen.source.unseen.empty() && seen.target.owns()) {
    TRY_ASSIGN(auto* session, context.session(world.target));
    TRY_ASSIGN(const auto frozen, fence::frozen_split(*session, world.split.name, context.deadline()));
    if (frozen) {
      TRY_ASSIGN(seen.reclassified, world::reclassified(world, *frozen, context.deadline()));
    }
  }
  const auto owners = world::Owners::ask(world, context.deadline());
  seen.missing_witnesses = owners.missing_witnesses();
  for (const auto* side : {&owners.source, &owners.target}) {
    for (const auto& member : side->not_durable) seen.not_durable.push_back(side->label + ": " + member);
  }
  return judge(seen);
}

}  // namespace pgcleave::checks
