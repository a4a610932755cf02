// tables.vacuum: after many rows were changed, the dead ones are freed and the planner's statistics made anew, at a
// pace that clients and replicas bear (data/vacuum.h).
#include "data/vacuum.h"

#include "base/format.h"
#include "base/units.h"
#include "steps/build_surroundings.h"
#include "steps/parameters.h"
#include "steps/registry.h"
#include "steps/rows/row_job.h"

namespace pgcleave::steps {
namespace {

Result<data::VacuumRequest> vacuum_request(const Context& context) {
  data::VacuumRequest request;
  TRY_ASSIGN(request.table, postgres::parse_table_name(context.text("table")));
  request.least_percent = static_cast<double>(context.with.value("dead_percent", std::int64_t{5}));
  TRY_ASSIGN(request.cost_delay, parse_duration(context.text("cost_delay")));
  TRY_ASSIGN(request.limits, limits_of(context));
  return request;
}

Result<std::vector<data::DeadRows>> dead_rows(Context& context, const data::VacuumRequest& request) {
  TRY_ASSIGN(auto* leader, context.on().leader(context.deadline));
  TRY_ASSIGN(const auto table, data::read_table(*leader, request.table, context.deadline));
  return data::read_dead_rows(*leader, table, context.deadline);
}

Json outputs_of_vacuum(const std::vector<data::DeadRows>& vacuumed) {
  std::int64_t dead = 0;
  for (const auto& one : vacuumed) dead += one.dead;
  return {{"tables", vacuumed.size()}, {"dead_rows", dead}};
}

Result<void> prepare_tables_vacuum(Context& context) {
  TRY_ASSIGN(const auto request, vacuum_request(context));
  return check_limits(context, request.limits);
}

Result<Observation> observe_tables_vacuum(Context& context) {
  TRY_ASSIGN(const auto request, vacuum_request(context));
  TRY_ASSIGN(const auto leaves, dead_rows(context, request));
  Observation seen;
  seen.lasting = false;  // clients make dead rows all the time
  double most = 0;
  for (const auto& one : leaves) most = std::max(most, one.percent());
  seen.evidence = fmt::format("{:.1f} % of the rows of {} are dead at most", most, request.table.sql());
  return seen;
}

Result<Json> apply_tables_vacuum(Context& context, const Json&) {
  TRY_ASSIGN(const auto request, vacuum_request(context));
  auto& side = context.on();
  TRY_ASSIGN(const auto outputs,
             context.world.effects->perform(
                 fmt::format("vacuum and analyze {} on {} where {} % of the rows are dead; limits: {}",
                             request.table.sql(), side.label(), request.least_percent, request.limits.text()),
                 [&]() -> Result<Json> {
                   TRY_ASSIGN(const auto vacuumed,
                              data::vacuum(request, build_surroundings(context), kept_beside(side)));
                   return outputs_of_vacuum(vacuumed);
                 }));
  return outputs.is_object() ? outputs : outputs_of_vacuum({});
}

Result<std::vector<std::string>> foretell_tables_vacuum(Context& context) {
  TRY_ASSIGN(const auto request, vacuum_request(context));
  TRY_ASSIGN(const auto leaves, dead_rows(context, request));
  std::vector<std::string> lines;
  for (const auto& one : leaves)
    lines.push_back(fmt::format("{}: {} of {} rows are dead{}", one.leaf.name.sql(), one.dead, one.dead + one.live,
                                one.percent() < request.least_percent ? ", left alone" : ""));
  return lines;
}

}  // namespace

StepKind tables_vacuum() {
  using runbook::Type;
  return {.description = {.kind = "tables.vacuum",
                          .purpose = "Vacuums and analyzes a table at a pace that clients and replicas bear.",
                          .parameters = {side_parameter("on", "whose leader"),
                                         {"table",
                                          Type::text,
                                          nullptr,
                                          true,
                                          "the table, in SQL; of a partitioned one each partition for itself",
                                          {}},
                                         {"dead_percent",
                                          Type::integer,
                                          5,
                                          false,
                                          "where fewer of its rows are dead, a table or partition is left alone",
                                          {}},
                                         {"cost_delay",
                                          Type::duration,
                                          "2ms",
                                          false,
                                          "vacuum_cost_delay of its session: how long it rests; 0ms: not at all",
                                          {}},
                                         limits_parameter()},
                          .outputs = {{"tables", "tables and partitions that were vacuumed"},
                                      {"dead_rows", "that these had"}},
                          .changes = "dead rows are freed, statistics are made anew",
                          .undo = "nothing to undo",
                          .undo_kind = runbook::UndoKind::nothing,
                          .traits = {.changes = true}},
          .prepare = prepare_tables_vacuum,
          .observe = observe_tables_vacuum,
          .apply = apply_tables_vacuum,
          .undo = nullptr,
          .foretell = foretell_tables_vacuum};
}

}  // namespace pgcleave::steps
