// tables.truncate: empties the stale half of a split on one side. What refers comes before what is referred to, a few tables per
// transaction, so it can be stopped between any two, and taken up again where it stopped.
#include <algorithm>
#include <set>

#include "base/format.h"
#include "base/units.h"
#include "postgres/truncation.h"
#include "steps/registry.h"
#include "steps/stale_half.h"

namespace pgcleave::steps {
namespace {

using postgres::Truncation;

struct Sizes {
  Json by_table = Json::object();        // those that hold something, in bytes
  std::set<postgres::TableName> filled;  // by its blocks
  std::int64_t all = 0;
};

Result<Sizes> measure(postgres::Connection& leader, const std::vector<postgres::TableName>& tables, Deadline deadline) {
  TRY_ASSIGN(const auto found, postgres::sizes(leader, tables, deadline));
  Sizes sizes;
  for (const auto& table : found) {
    sizes.by_table[table.name.sql()] = table.all.count;
    sizes.all += table.all.count;
    if (!table.empty) sizes.filled.insert(table.name);
  }
  return sizes;
}

std::vector<postgres::TableName> with_rows(const std::vector<postgres::Table>& tables) {
  std::vector<postgres::TableName> names;
  for (const auto& table : tables) {
    if (table.holds_rows) names.push_back(table.name);
  }
  return names;
}

// `began_with`: the sizes before the run's first try, however many there were since.
Json facts_of(const Json& began_with, const Sizes& now) {
  Json freed = Json::object();
  std::int64_t all = 0;
  const auto tables = began_with.value("tables", Json::object());
  for (const auto& [name, bytes] : tables.items()) {
    const auto difference = bytes.get<std::int64_t>() - now.by_table.value(name, std::int64_t{0});
    if (difference != 0) freed[name] = difference;
    all += difference;
  }
  return {{"freed_bytes", all}, {"tables", freed}};
}

Result<Observation> observe_tables_truncate(Context& context) {
  auto& side = context.on();
  TRY_ASSIGN(const auto tables, stale_tables(context));
  TRY_ASSIGN(auto* leader, side.leader(context.deadline));
  TRY_ASSIGN(const auto sizes, measure(*leader, with_rows(tables), context.deadline));
  TRY_ASSIGN(const auto wrong, not_split(context.world, context.deadline));
  Observation seen;
  seen.before = {{"tables", sizes.by_table}};
  seen.facts = facts_of(context.began_with != nullptr ? *context.began_with : seen.before, sizes);
  seen.evidence = fmt::format("{} of {} {} tables on {} hold rows, {} in all", sizes.filled.size(), sizes.by_table.size(),
                              context.text("which"), side.label(), to_text(Bytes{sizes.all}));
  if (!wrong.empty()) {
    seen.state = State::foreign;
    seen.evidence = wrong;
  } else if (sizes.filled.empty()) {
    seen.state = State::done;
  }
  return seen;
}

std::string description_of(const Truncation& one, const Side& side) {
  std::vector<std::string> names;
  for (const auto& table : one.tables) names.push_back(table.sql());
  auto text = fmt::format("TRUNCATE {} on {}", fmt::join(names, ", "), side.label());
  if (!one.also.empty())
    text += fmt::format(", with {} that refer to {} and are empty", one.also.size(), names.size() == 1 ? "it" : "them");
  return text;
}

Result<void> nothing_depends_on(Context& context, const std::vector<postgres::Table>& tables) {
  TRY_ASSIGN(auto* leader, context.on().leader(context.deadline));
  TRY_ASSIGN(const auto obstacles, postgres::obstacles_to_truncation(*leader, tables, {}, context.deadline));
  if (obstacles.empty()) return {};
  return fail({ErrorKind::not_ready, context.on().label(), fmt::format("{}", fmt::join(obstacles, "; ")), "", "", "", ""});
}

// The other side is asked too, since only both together prove that this half is stale. This side proves it inside the transaction.
Result<Json> empty(Context& context, const Truncation& one, Duration lock_timeout) {
  auto& side = context.on();
  TRY_ASSIGN(const auto wrong, not_split(context.world, context.deadline));
  if (!wrong.empty()) return fail({ErrorKind::foreign, side.label(), "nothing more is emptied: " + wrong, "", "", "", ""});
  TRY_ASSIGN(auto* leader, side.leader(context.deadline));
  const auto proof = side.which() == postgres::Owner::source ? postgres::Owner::nobody : postgres::Owner::target;
  TRY_ASSIGN(const auto before, measure(*leader, one.leaves, context.deadline));
  TRY(postgres::truncate(*leader, one, {context.world.split.name, proof},
                         {lock_timeout, context.deadline, context.stop, context.world.progress}));
  TRY_ASSIGN(const auto after, measure(*leader, one.leaves, context.deadline));
  return Json{{"freed_bytes", before.all - after.all}};
}

bool holds_something(const Truncation& one, const std::set<postgres::TableName>& filled) {
  return std::any_of(one.leaves.begin(), one.leaves.end(), [&](const auto& leaf) { return filled.contains(leaf); });
}

Result<Json> apply_tables_truncate(Context& context, const Json& before) {
  auto& world = context.world;
  auto& side = context.on();
  TRY_ASSIGN(const auto lock_timeout, parse_duration(context.text("lock_timeout")));
  TRY_ASSIGN(const auto pause, parse_duration(context.text("pause")));
  TRY_ASSIGN(const auto tables, stale_tables(context));
  TRY_ASSIGN(auto* leader, side.leader(context.deadline));
  TRY_ASSIGN(const auto keys, postgres::foreign_keys(*leader, context.deadline));
  TRY_ASSIGN(const auto sizes, measure(*leader, with_rows(tables), context.deadline));
  auto plan = postgres::plan_truncation(tables, keys);
  std::erase_if(plan, [&](const auto& one) { return !holds_something(one, sizes.filled); });
  bool acted = false;  // not behind the closed door
  for (std::size_t i = 0; i < plan.size(); ++i) {
    if (context.stop != nullptr && context.stop->requested()) {
      return fail({ErrorKind::interrupted, side.label(), fmt::format("was asked to stop after {} of {}", i, plan.size()), "", "", "", ""});
    }
    TRY_ASSIGN(const auto freed, world.effects->perform(description_of(plan[i], side), [&]() -> Result<Json> {
      if (i == 0) TRY(nothing_depends_on(context, tables));
      return empty(context, plan[i], lock_timeout);
    }));
    if (!freed.is_object()) continue;
    acted = true;
    const auto bytes = freed.value("freed_bytes", std::int64_t{0});
    if (world.progress) world.progress(fmt::format("{} of {}: {} freed", i + 1, plan.size(), to_text(Bytes{bytes})));
    if (i + 1 < plan.size()) sleep_until(Deadline::in(pause), pause, context.stop);
  }
  TRY_ASSIGN(const auto now, measure(*leader, with_rows(tables), context.deadline));
  auto facts = facts_of(context.began_with != nullptr ? *context.began_with : before, now);
  if (acted && world.progress) {
    world.progress(fmt::format("{} freed on {} in all", to_text(Bytes{facts.value("freed_bytes", std::int64_t{0})}), side.label()));
  }
  return facts;
}

}  // namespace

StepKind tables_truncate() {
  auto parameters = stale_half_parameters();
  parameters.push_back({"lock_timeout",
                        runbook::Type::duration,
                        "300ms",
                        false,
                        "how long one try may hold up whoever uses a table; tried again until the step's timeout",
                        {}});
  parameters.push_back({"pause", runbook::Type::duration, "0ms", false, "rest between two transactions, for disks and standbys", {}});
  return {{.kind = "tables.truncate",
           .purpose = "Empties the stale tables that a split leaves on a side, and frees their space.",
           .parameters = std::move(parameters),
           .facts = {{"freed_bytes", "space that was freed, indexes and TOAST included"}, {"tables", "the same by table"}},
           .changes = "TRUNCATE of the moved tables on the source, or of the kept ones on the target",
           .undo = "no: the rows are gone",
           .meaning = {.changes = true}},
          nullptr,
          observe_tables_truncate,
          apply_tables_truncate,
          nullptr};
}

}  // namespace pgcleave::steps
