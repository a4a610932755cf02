// The family schema: what crosses the line between moved and kept tables, and what about the moved ones would not
// survive the split.
#include "checks/families.h"
#include "checks/schema/crossing.h"
#include "checks/schema/indexes.h"
#include "checks/schema/outside.h"
#include "checks/schema/plans.h"
#include "checks/schema/row_security.h"
#include "checks/schema/stale_half.h"
#include "checks/schema/tables.h"
#include "checks/server_seen.h"

namespace pgcleave::checks {
namespace {

constexpr std::size_t most_plans = 50;

// The plans are the target's, also as a standby; the statements are those of the side that has served them.
Result<Findings> plans_of_target(const BothSides& both, TableReferences& references, Deadline deadline) {
  if (!both.target) return Findings{};
  const auto& asked = both.source ? *both.source : *both.target;
  TRY_ASSIGN(const auto statements, seen_statements(*asked.session, deadline));
  TRY_ASSIGN(const auto big, big_tables(*both.target->session, deadline));
  if (big.empty()) return Findings{};
  TRY_ASSIGN(const auto seen, plans(*both.target->session, hottest(statements.all, references, most_plans), deadline));
  return judge_plans(seen, big, both.target->side->label());
}

Finding moves_no_table(const world::SplitTables& tables, const std::string& side) {
  return {"schema.moves_no_table",
          Severity::blocker,
          "split " + tables.name,
          "none of its moved names is a table on " + side,
          "",
          "there is nothing to split",
          "name the tables under moved in the split file"};
}

Result<Findings> of_row_security(const InspectedSide& one, Deadline deadline) {
  std::vector<postgres::TableName> names;
  for (const auto& table : one.tables.moved) {
    if (table.holds_rows) names.push_back(table.name);
  }
  TRY_ASSIGN(const auto security, postgres::row_security(*one.session, names, deadline));
  TRY_ASSIGN(const auto role, one.session->query("SELECT current_user AS role", {}, deadline));
  return judge_row_security({one.side->label(), one.session->server_version(), role.text(0, "role"), security});
}

struct OfCatalog {
  Findings findings;
  TableReferences references;
};

Result<OfCatalog> of_catalog(const InspectedSide& one, Deadline deadline) {
  TRY_ASSIGN(const auto crossing, inspect_crossing(*one.session, one.side->label(), deadline));
  TableReferences references(one.tables, crossing.dependencies, crossing.programs);
  auto found = judge_crossing(crossing, references);
  TRY_ASSIGN(const auto obstacles, world::table_obstacles(*one.session, one.tables, deadline));
  take(found, judge_obstacles(obstacles, crossing.side));
  TRY_ASSIGN(const auto outside, inspect_outside(*one.session, crossing.side, references, deadline));
  take(found, judge_outside(outside));
  TRY_ASSIGN(auto security, of_row_security(one, deadline));
  take(found, std::move(security));
  return OfCatalog{std::move(found), std::move(references)};
}

Result<Findings> of_moved_tables(const BothSides& both, Deadline deadline) {
  const auto& home = both.home();
  TRY_ASSIGN(const auto tables, inspect_tables(*home.session, home.side->label(), home.tables.moved, deadline));
  auto found = judge_tables(tables);
  if (home.tables.moved.empty()) found.push_back(moves_no_table(home.tables, home.side->label()));
  TRY_ASSIGN(const auto indexes, inspect_indexes(*home.session, home.side->label(), home.tables.moved, deadline));
  take(found, judge_indexes(indexes));
  if (both.source && both.target && !both.target->standby) {
    TRY_ASSIGN(const auto others,
               inspect_indexes(*both.source->session, both.source->side->label(), both.source->tables.moved, deadline));
    take(found, compare_indexes(others, indexes));
  }
  return found;
}

}  // namespace

Result<Findings> schema(CheckContext& context) {
  const auto deadline = context.deadline();
  TRY_ASSIGN(const auto both, inspect_both(context));
  Findings all;
  std::optional<TableReferences> references;  // of where the moved tables live
  for (const auto* one : both.with_own_catalog()) {
    TRY_ASSIGN(auto of_one, of_catalog(*one, deadline));
    take(all, std::move(of_one.findings));
    if (one == &both.home()) references = std::move(of_one.references);
  }
  TRY_ASSIGN(auto of_tables, of_moved_tables(both, deadline));
  take(all, std::move(of_tables));
  if (both.source && both.target && !both.target->standby) {
    TRY_ASSIGN(auto in_use, inspect_stale_halves(context));
    take(all, std::move(in_use));
  }
  if (!references) return all;
  TRY_ASSIGN(auto planned, plans_of_target(both, *references, deadline));
  take(all, std::move(planned));
  return all;
}

}  // namespace pgcleave::checks
