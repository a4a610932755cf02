// postgres.sql: a statement of the operator's own. It is idempotent only if `check` says when it is done.
#include "base/format.h"
#include "steps/parameters.h"
#include "steps/registry.h"

namespace pgcleave::steps {
namespace {

Result<Observation> observe_postgres_sql(Context& context) {
  Observation seen;
  const auto check = context.text("check");
  if (check.empty()) {
    seen.evidence = "no check given";
    seen.lasting = false;
    return seen;
  }
  TRY_ASSIGN(auto* leader, context.on().leader(context.deadline));
  TRY_ASSIGN(const auto rows, leader->query("select (" + check + ") as done", {}, context.deadline));
  const bool done = rows.boolean(0, "done");
  seen.evidence = fmt::format("check says {}", done ? "done" : "not done");
  if (done) seen.state = State::done;
  return seen;
}

Result<void> execute(Context& context, const std::string& sql) {
  auto& side = context.on();
  TRY(context.world.effects->perform(fmt::format("run on {}: {}", side.label(), printable(sql)), [&]() -> Result<Json> {
    TRY_ASSIGN(auto* leader, side.leader(context.deadline));
    TRY(leader->simple(sql, context.deadline));
    return Json();
  }));
  return {};
}

Result<Json> apply_postgres_sql(Context& context, const Json&) {
  TRY(execute(context, context.text("sql")));
  return Json::object();
}

Result<void> undo_postgres_sql(Context& context, const Json&, const Json&) {
  const auto sql = context.text("undo");
  if (sql.empty()) return {};
  return execute(context, sql);
}

}  // namespace

StepKind postgres_sql() {
  return {
      {.kind = "postgres.sql",
       .purpose = "Runs SQL of your own on a side's leader, as one transaction unless it says otherwise.",
       .parameters =
           {side_parameter("on", "whose leader"),
            {"sql",
             runbook::Type::text,
             nullptr,
             true,
             "the statements; they are shown by plan and kept in the journal, so no secrets here",
             {}},
            {"check",
             runbook::Type::text,
             "",
             false,
             "a query that returns one row with true when there is nothing left to do",
             {}},
            {"undo", runbook::Type::text, "", false, "statements that undo it; must be harmless when repeated", {}}},
       .outputs = {},
       .changes = "whatever the statements do",
       .undo = "runs `undo`, if given",
       .traits = {.changes = true}},
      nullptr,
      observe_postgres_sql,
      apply_postgres_sql,
      undo_postgres_sql};
}

}  // namespace pgcleave::steps
