#include "steps/stale_half.h"

#include <algorithm>
#include <set>

#include "base/format.h"
#include "steps/parameters.h"

namespace pgcleave::steps {
namespace {

std::string owner_text(const std::optional<postgres::Owner>& owner) {
  return owner ? postgres::name_of(*owner) : "not installed";
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

Result<std::vector<postgres::Table>> stale_tables(Context& context) {
  const auto which = context.text("which");
  auto& side = context.on();
  const bool moved = which == "moved";
  if (moved != (side.which() == postgres::Owner::source)) {
    return fail({ErrorKind::invalid, "the " + which + " tables on " + side.label(), "are in use there, not a stale copy",
                 "the moved tables on the source, or the kept ones on the target", "", "correct `on` or `which` in the runbook", ""});
  }
  // What the side has now: partitions come and go after the split.
  std::set<postgres::TableName> roots;
  for (const auto& table : moved ? context.world.split.moved : context.world.split.kept) roots.insert(table.root);
  TRY_ASSIGN(auto* leader, side.leader(context.deadline));
  TRY_ASSIGN(auto tables, postgres::tables(*leader, context.deadline));
  std::erase_if(tables, [&](const auto& table) { return !roots.contains(table.root); });
  return tables;
}

Result<std::string> not_split(World& world, Deadline deadline) {
  TRY_ASSIGN(auto* source, world.source.leader(deadline));
  TRY_ASSIGN(auto* target, world.target.leader(deadline));
  TRY_ASSIGN(const auto on_source, postgres::owner(*source, world.split.name, deadline));
  TRY_ASSIGN(const auto on_target, postgres::owner(*target, world.split.name, deadline));
  if (on_source == postgres::Owner::nobody && on_target == postgres::Owner::target) return std::string();
  return fmt::format("the owner of split {} is {} on {} and {} on {}, which must be nobody and target", world.split.name,
                     owner_text(on_source), world.source.label(), owner_text(on_target), world.target.label());
}

}  // namespace pgcleave::steps
