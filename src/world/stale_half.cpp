#include "world/stale_half.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/format.h"
#include "postgres/sql/row_counts.h"
#include "world/frozen.h"

namespace pgcleave::world {
namespace {

using fence::Owner;
using postgres::TableName;

std::string owner_text(const std::optional<Owner>& owner) {
  return owner ? fence::name_of(*owner) : "not installed";
}

// What was in this half, what the split file counts to it today, and the whole partition trees of both: a TRUNCATE
// reaches all of a tree.
Result<std::vector<postgres::Table>> candidates(const Half& half, const fence::FrozenSplit& frozen, Deadline deadline) {
  auto& side = half.on;
  const auto& which = half.which;
  TRY_ASSIGN(const auto today, tables_on(half.world, side, deadline));
  TRY_ASSIGN(auto* leader, side.leader(deadline));
  TRY_ASSIGN(auto tables, postgres::tables(*leader, deadline));
  std::set<TableName> roots;
  for (const auto& table : which == "moved" ? today.split.moved : today.split.kept) roots.insert(table.root);
  for (const auto& table : tables) {
    const auto* was = frozen.find(table.oid);
    if (was != nullptr && was->of_class == which) roots.insert(table.root);
  }
  std::erase_if(tables, [&](const auto& table) { return !roots.contains(table.root); });
  return tables;
}

using Reasons = std::map<TableName, std::string>;

// Why each that can't be proven is left alone.
Result<Reasons> unproven(const Half& of, const StaleHalf& half, Deadline deadline) {
  auto& side = of.on;
  auto& other = of.world.other(side);
  TRY_ASSIGN(auto* leader, side.leader(deadline));
  TRY_ASSIGN(auto* other_leader, other.leader(deadline));
  std::vector<std::uint32_t> oids;
  for (const auto& table : half.tables) oids.push_back(table.oid);
  TRY_ASSIGN(const auto here, fence::prove_stale(*leader, half.proof.tables, oids, deadline));
  TRY_ASSIGN(const auto there, fence::missing_here(*other_leader, here, other.label(), deadline));
  Reasons reasons;
  for (std::size_t i = 0; i < here.size(); ++i) {
    const auto& why = here[i].why_not.empty() ? there[i] : here[i].why_not;
    if (!why.empty()) reasons[here[i].name] = why;
  }
  return reasons;
}

// One that is left alone, of all that a command would reach.
std::optional<TableName> held_back(const fence::Truncation& one, const std::vector<postgres::Table>& tables,
                                   const Reasons& reasons) {
  std::set<TableName> named(one.tables.begin(), one.tables.end());
  named.insert(one.also.begin(), one.also.end());
  for (const auto& table : tables) {
    if (reasons.contains(table.name) && (named.contains(table.root) || named.contains(table.name))) return table.name;
  }
  return {};
}

void leave_alone(StaleHalf& half, Reasons& reasons) {
  std::erase_if(half.plan, [&](const auto& one) {
    const auto unproven = held_back(one, half.tables, reasons);
    if (!unproven) return false;
    for (const auto& leaf : one.leaves)
      reasons.try_emplace(leaf,
                          fmt::format("it can only be emptied together with {}, which is left alone", unproven->sql()));
    return true;
  });
  for (const auto& one : half.plan) half.with_rows.insert(half.with_rows.end(), one.leaves.begin(), one.leaves.end());
  for (const auto& table : half.tables) {
    if (const auto why = reasons.find(table.name); why != reasons.end() && table.holds_rows)
      half.left_alone.push_back({table.name, why->second});
  }
}

}  // namespace

Result<void> must_be_stale(const Half& half) {
  const auto& which = half.which;
  const auto& side = half.on;
  if ((which == "moved") == (side.which() == Owner::source)) return {};
  return fail({ErrorKind::invalid, "the " + which + " tables on " + side.label(), "are in use there, not a stale copy",
               "the moved tables on the source, or the kept ones on the target", "",
               "correct `on` or `which` in the runbook", ""});
}

Result<StaleHalf> stale_half(const Half& of, Deadline deadline) {
  TRY(must_be_stale(of));
  const auto& which = of.which;
  auto& side = of.on;
  auto& world = of.world;
  const bool moved = which == "moved";
  TRY_ASSIGN(const auto frozen, frozen_by_the_split(world, deadline));
  StaleHalf half;
  half.proof = {{world.split.name, frozen.run, which},
                moved ? Owner::nobody : Owner::target,
                moved ? Owner::target : Owner::nobody,
                world.other(side).label()};
  TRY_ASSIGN(half.tables, candidates(of, frozen, deadline));
  TRY_ASSIGN(auto* leader, side.leader(deadline));
  TRY_ASSIGN(const auto keys, postgres::foreign_keys(*leader, deadline));
  TRY_ASSIGN(auto reasons, unproven(of, half, deadline));
  half.plan = fence::plan_truncation(half.tables, keys);
  leave_alone(half, reasons);
  return half;
}

Result<std::vector<std::string>> in_words(const Half& half, const std::vector<LeftAlone>& left_alone,
                                          Deadline deadline) {
  std::vector<TableName> names;
  for (const auto& table : left_alone) names.push_back(table.name);
  TRY_ASSIGN(auto* leader, half.on.leader(deadline));
  TRY_ASSIGN(const auto counts, postgres::row_counts(*leader, names, deadline));
  std::map<TableName, std::string> rows;
  for (const auto& count : counts) rows[count.name] = postgres::rows_in_words(count.rows, count.exact);
  std::vector<std::string> words;
  for (const auto& table : left_alone) {
    const auto counted = rows.find(table.name);
    words.push_back(fmt::format("{} on {} ({}) is left alone: {}", table.name.sql(), half.on.label(),
                                counted == rows.end() ? "rows not counted" : counted->second, table.why));
  }
  return words;
}

Result<std::string> not_split(World& world, Deadline deadline) {
  TRY_ASSIGN(auto* source, world.source.leader(deadline));
  TRY_ASSIGN(auto* target, world.target.leader(deadline));
  TRY_ASSIGN(const auto on_source, fence::owner(*source, world.split.name, deadline));
  TRY_ASSIGN(const auto on_target, fence::owner(*target, world.split.name, deadline));
  if (on_source == Owner::nobody && on_target == Owner::target) return std::string();
  return fmt::format("the owner of split {} is {} on {} and {} on {}, which must be nobody and target",
                     world.split.name, owner_text(on_source), world.source.label(), owner_text(on_target),
                     world.target.label());
}

}  // namespace pgcleave::world
