// tables.truncate: empties the stale half of a split on one side, as far as the databases prove it stale. What refers
// comes before what is referred to, a few tables per transaction, so it can be stopped between any two, and resumed
// where it stopped.
#include <algorithm>
#include <set>

#include "base/format.h"
#include "base/units.h"
#include "fence/sql/truncation.h"
#include "steps/registry.h"
#include "steps/tables/half.h"

namespace pgcleave::steps {
namespace {

using fence::Truncation;

struct Sizes {
  Json by_table = Json::object();        // those that hold something, in bytes
  std::set<postgres::TableName> filled;  // by its blocks
  std::int64_t all = 0;
};

Result<Sizes> measure(postgres::Connection& leader, const std::vector<postgres::TableName>& tables, Deadline deadline) {
  TRY_ASSIGN(const auto found, fence::sizes(leader, tables, deadline));
  Sizes sizes;
  for (const auto& table : found) {
    sizes.by_table[table.name.sql()] = table.all.count;
    sizes.all += table.all.count;
    if (!table.empty) sizes.filled.insert(table.name);
  }
  return sizes;
}

// `began_with`: the sizes before the run's first try, however many there were since.
Json outputs_of(const Json& began_with, const Sizes& now) {
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

std::vector<postgres::TableName> with_rows(const world::StaleHalf& half) {
  std::vector<postgres::TableName> names;
  for (const auto& table : half.tables) {
    if (table.holds_rows) names.push_back(table.name);
  }
  return names;
}

bool holds_something(const Truncation& one, const std::set<postgres::TableName>& filled) {
  return std::any_of(one.leaves.begin(), one.leaves.end(), [&](const auto& leaf) { return filled.contains(leaf); });
}

Result<Observation> observe_tables_truncate(Context& context) {
  const auto of = half_of(context);
  TRY(must_be_stale(of));
  auto& side = context.on();
  TRY_ASSIGN(const auto wrong, not_split(context.world, context.deadline));
  Observation seen;
  if (!wrong.empty()) {
    seen.state = State::conflict;
    seen.evidence = wrong;
    return seen;
  }
  TRY_ASSIGN(const auto half, stale_half(of, context.deadline));
  TRY_ASSIGN(auto* leader, side.leader(context.deadline));
  TRY_ASSIGN(const auto sizes, measure(*leader, with_rows(half), context.deadline));
  TRY_ASSIGN(const auto left_alone, in_words(of, half.left_alone, context.deadline));
  seen.before = {{"tables", sizes.by_table}};
  seen.outputs = outputs_of(context.began_with != nullptr ? *context.began_with : seen.before, sizes);
  seen.outputs["left_alone"] = left_alone;
  const auto filled = std::count_if(half.with_rows.begin(), half.with_rows.end(),
                                    [&](const auto& table) { return sizes.filled.contains(table); });
  seen.evidence = fmt::format("{} of {} {} tables on {} hold rows, {} in all", filled, half.with_rows.size(),
                              context.text("which"), side.label(), to_text(Bytes{sizes.all}));
  if (!left_alone.empty()) seen.evidence += fmt::format("; {}", fmt::join(left_alone, "; "));
  if (filled == 0) seen.state = State::done;
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
  TRY_ASSIGN(const auto obstacles, fence::obstacles_to_truncation(*leader, tables, {}, context.deadline));
  if (obstacles.empty()) return {};
  return fail(
      {ErrorKind::not_ready, context.on().label(), fmt::format("{}", fmt::join(obstacles, "; ")), "", "", "", ""});
}

// The bytes that were freed, or, where something of it lost its proof meanwhile, nothing: the tables are then left
// alone like all others.
Result<Json> empty(Context& context, const world::StaleHalf& half, const Truncation& one, Duration lock_timeout) {
  auto& side = context.on();
  TRY_ASSIGN(auto* leader, side.leader(context.deadline));
  TRY_ASSIGN(auto* other, context.world.other(side).leader(context.deadline));
  TRY_ASSIGN(const auto before, measure(*leader, one.leaves, context.deadline));
  TRY_ASSIGN(const auto unproven,
             fence::truncate(*leader, *other, one, half.proof,
                             {lock_timeout, context.deadline, context.stop,
                              [&](const std::string& text) { context.world.progress.say(text); }}));
  TRY_ASSIGN(const auto after, measure(*leader, one.leaves, context.deadline));
  Json result{{"freed_bytes", before.all - after.all}};
  for (const auto& table : unproven) result["left_alone"][table.name.sql()] = table.why_not;
  return result;
}

Result<Json> apply_tables_truncate(Context& context, const Json& before) {
  auto& world = context.world;
  auto& side = context.on();
  TRY_ASSIGN(const auto lock_timeout, parse_duration(context.text("lock_timeout")));
  TRY_ASSIGN(const auto pause, parse_duration(context.text("pause")));
  const auto of = half_of(context);
  TRY_ASSIGN(const auto half, stale_half(of, context.deadline));
  TRY_ASSIGN(auto* leader, side.leader(context.deadline));
  TRY_ASSIGN(const auto sizes, measure(*leader, with_rows(half), context.deadline));
  auto plan = half.plan;
  std::erase_if(plan, [&](const auto& one) { return !holds_something(one, sizes.filled); });
  bool acted = false;  // not in a dry run
  for (std::size_t i = 0; i < plan.size(); ++i) {
    if (context.stop != nullptr && context.stop->requested()) {
      return fail({ErrorKind::interrupted, side.label(),
                   fmt::format("was asked to stop after {} of {}", i, plan.size()), "", "", "", ""});
    }
    TRY_ASSIGN(const auto freed, world.effects->perform(description_of(plan[i], side), [&]() -> Result<Json> {
      if (i == 0) TRY(nothing_depends_on(context, half.tables));
      return empty(context, half, plan[i], lock_timeout);
    }));
    if (!freed.is_object()) continue;
    acted = true;
    const auto bytes = freed.value("freed_bytes", std::int64_t{0});
    world.progress.say(fmt::format("{} of {}: {} freed", i + 1, plan.size(), to_text(Bytes{bytes})));
    if (i + 1 < plan.size()) sleep_until(Deadline::in(pause), pause, context.stop);
  }
  TRY_ASSIGN(const auto now, measure(*leader, with_rows(half), context.deadline));
  auto outputs = outputs_of(context.began_with != nullptr ? *context.began_with : before, now);
  TRY_ASSIGN(const auto afterwards, stale_half(of, context.deadline));
  TRY_ASSIGN(const auto left_alone, in_words(of, afterwards.left_alone, context.deadline));
  outputs["left_alone"] = left_alone;
  if (acted) {
    world.progress.say(fmt::format("{} freed on {} in all",
                                   to_text(Bytes{outputs.value("freed_bytes", std::int64_t{0})}), side.label()));
  }
  return outputs;
}

}  // namespace

StepKind tables_truncate() {
  auto parameters = stale_half_parameters();
  parameters.push_back(
      {"lock_timeout",
       runbook::Type::duration,
       "300ms",
       false,
       "how long one try may keep the sessions that use a table waiting; it is repeated until the step's timeout",
       {}});
  parameters.push_back(
      {"pause", runbook::Type::duration, "0ms", false, "rest between two transactions, for disks and standbys", {}});
  return {{.kind = "tables.truncate",
           .purpose = "Empties the tables that a split provably left stale on a side, and frees their space; names "
                      "what it leaves alone.",
           .parameters = std::move(parameters),
           .outputs = {{"freed_bytes", "space that was freed, indexes and TOAST included"},
                       {"tables", "the same by table"},
                       {"left_alone", "tables that were not proven stale, each with its rows and the reason", true}},
           .changes = "TRUNCATE of the moved tables on the source, or of the kept ones on the target",
           .undo = "no: the rows are gone",
           .undo_kind = runbook::UndoKind::impossible,
           .traits = {.changes = true}},
          nullptr,
          observe_tables_truncate,
          apply_tables_truncate,
          nullptr};
}

}  // namespace pgcleave::steps
