#include "steps/stale_half.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/format.h"
#include "postgres/row_counts.h"
#include "steps/frozen.h"
#include "steps/parameters.h"

namespace pgcleave::steps {
namespace {

using postgres::Owner;
using postgres::TableName;

std::string owner_text(const std::optional<Owner>& owner) {
  return owner ? postgres::name_of(*owner) : "not installed";
}

// What was in this half, what the split file counts to it today, and the whole partition trees of both: a TRUNCATE reaches all of a tree.
Result<std::vector<postgres::Table>> candidates(Context& context, const postgres::FrozenSplit& frozen, const std::string& which) {
  auto& side = context.on();
  TRY_ASSIGN(const auto today, tables_on(context.world, side, context.deadline));
  TRY_ASSIGN(auto* leader, side.leader(context.deadline));
  TRY_ASSIGN(auto tables, postgres::tables(*leader, context.deadline));
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
Result<Reasons> unproven(Context& context, const StaleHalf& half) {
  auto& side = context.on();
  auto& other = context.world.other(side);
  TRY_ASSIGN(auto* leader, side.leader(context.deadline));
  TRY_ASSIGN(auto* other_leader, other.leader(context.deadline));
  std::vector<std::uint32_t> oids;
  for (const auto& table : half.tables) oids.push_back(table.oid);
  TRY_ASSIGN(const auto here, postgres::prove_stale(*leader, half.proof.tables, oids, context.deadline));
  TRY_ASSIGN(const auto there, postgres::missing_here(*other_leader, here, other.label(), context.deadline));
  Reasons reasons;
  for (std::size_t i = 0; i < here.size(); ++i) {
    const auto& why = here[i].why_not.empty() ? there[i] : here[i].why_not;
    if (!why.empty()) reasons[here[i].name] = why;
  }
  return reasons;
}

// One that is left alone, of all that a command would reach.
std::optional<TableName> held_back(const postgres::Truncation& one, const std::vector<postgres::Table>& tables, const Reasons& reasons) {
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
      reasons.try_emplace(leaf, fmt::format("it can only be emptied together with {}, which is left alone", unproven->sql()));
    return true;
  });
  for (const auto& one : half.plan) half.with_rows.insert(half.with_rows.end(), one.leaves.begin(), one.leaves.end());
  for (const auto& table : half.tables) {
    if (const auto why = reasons.find(table.name); why != reasons.end() && table.holds_rows)
      half.left_alone.push_back({table.name, why->second});
  }
}

}  // namespace

std::vector<runbook::Parameter> stale_half_parameters() {
  return {side_parameter("on", "the side that the tables are on"),
          {"which",
           runbook::Type::text,
           nullptr,
           true,
           "which tables: on the source those that moved away, on the target those that were kept there",
           {"moved", "kept"}}};
}

Result<void> must_be_stale(Context& context) {
  const auto which = context.text("which");
  auto& side = context.on();
  if ((which == "moved") == (side.which() == Owner::source)) return {};
  return fail({ErrorKind::invalid, "the " + which + " tables on " + side.label(), "are in use there, not a stale copy",
               "the moved tables on the source, or the kept ones on the target", "", "correct `on` or `which` in the runbook", ""});
}

Result<StaleHalf> stale_half(Context& context) {
  TRY(must_be_stale(context));
  const auto which = context.text("which");
  auto& side = context.on();
  const bool moved = which == "moved";
  TRY_ASSIGN(const auto frozen, frozen_by_the_split(context.world, context.deadline));
  StaleHalf half;
  half.proof = {{context.world.split.name, frozen.run, which},
                moved ? Owner::nobody : Owner::target,
                moved ? Owner::target : Owner::nobody,
                context.world.other(side).label()};
  TRY_ASSIGN(half.tables, candidates(context, frozen, which));
  TRY_ASSIGN(auto* leader, side.leader(context.deadline));
  TRY_ASSIGN(const auto keys, postgres::foreign_keys(*leader, context.deadline));
  TRY_ASSIGN(auto reasons, unproven(context, half));
  half.plan = postgres::plan_truncation(half.tables, keys);
  leave_alone(half, reasons);
  return half;
}

Result<std::vector<std::string>> in_words(Context& context, const std::vector<LeftAlone>& left_alone) {
  std::vector<TableName> names;
  for (const auto& table : left_alone) names.push_back(table.name);
  TRY_ASSIGN(auto* leader, context.on().leader(context.deadline));
  TRY_ASSIGN(const auto counts, postgres::row_counts(*leader, names, context.deadline));
  std::map<TableName, std::string> rows;
  for (const auto& count : counts) rows[count.name] = postgres::rows_in_words(count.rows, count.exact);
  std::vector<std::string> words;
  for (const auto& table : left_alone) {
    const auto counted = rows.find(table.name);
    words.push_back(fmt::format("{} on {} ({}) is left alone: {}", table.name.sql(), context.on().label(),
                                counted == rows.end() ? "rows not counted" : counted->second, table.why));
  }
  return words;
}

Result<std::string> not_split(World& world, Deadline deadline) {
  TRY_ASSIGN(auto* source, world.source.leader(deadline));
  TRY_ASSIGN(auto* target, world.target.leader(deadline));
  TRY_ASSIGN(const auto on_source, postgres::owner(*source, world.split.name, deadline));
  TRY_ASSIGN(const auto on_target, postgres::owner(*target, world.split.name, deadline));
  if (on_source == Owner::nobody && on_target == Owner::target) return std::string();
  return fmt::format("the owner of split {} is {} on {} and {} on {}, which must be nobody and target", world.split.name,
                     owner_text(on_source), world.source.label(), owner_text(on_target), world.target.label());
}

}  // namespace pgcleave::steps
