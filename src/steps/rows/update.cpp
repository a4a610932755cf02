// rows.update: SQL expressions set columns of a table's rows, in batches (steps/rows/row_job.h).
#include "data/row_change.h"
#include "steps/parameters.h"
#include "steps/registry.h"
#include "steps/rows/row_job.h"

namespace pgcleave::steps {
namespace {

Result<data::Task> task_of_update(Context& context) {
  TRY_ASSIGN(auto task, job_task(context));
  std::map<std::string, std::string> set;
  for (const auto& [column, expression] : context.with.at("set").items()) set[column] = expression.get<std::string>();
  std::map<std::string, postgres::TableName> from;
  const auto others = context.with.value("from", Json::object());
  for (const auto& [alias, table] : others.items()) {
    TRY_ASSIGN(from[alias], postgres::parse_table_name(table.get<std::string>()));
  }
  const auto where = context.text("where");
  const auto by = context.text("by");
  const bool by_heap = by == "heap" || (by != "key" && !where.empty());
  task.by = by_heap ? data::WalkBy::heap : data::WalkBy::key;
  if (by_heap && where.empty()) {
    return fail({ErrorKind::invalid, "step " + context.step, "walks by heap without a `where`",
                 "a `where` that is false for rows that were changed", "",
                 "write it, or by: key; a row that is changed moves, and would be changed again", ""});
  }
  choose_bad_rows(context, task);
  task.change = std::make_shared<data::RowChange>(std::move(set), where, std::move(from));
  TRY(task.change->check());
  return task;
}

Result<Observation> observe_rows_update(Context& context) {
  return task_of_update(context).and_then([&](const auto& task) { return observe_job(context, task); });
}
Result<void> prepare_rows_update(Context& context) {
  return task_of_update(context).and_then([&](const auto& task) { return prepare_job(context, task); });
}
Result<Json> apply_rows_update(Context& context, const Json&) {
  return task_of_update(context).and_then([&](const auto& task) { return apply_job(context, task); });
}
Result<std::vector<std::string>> foretell_rows_update(Context& context) {
  return task_of_update(context).and_then([&](const auto& task) { return foretell_job(context, task); });
}

std::vector<runbook::Parameter> parameters_of_update() {
  using runbook::Type;
  std::vector<runbook::Parameter> own{
      side_parameter("on", "whose leader"),
      {"table", Type::text, nullptr, true, "the table, in SQL; of a partitioned one all partitions", {}},
      {"set",
       Type::map,
       nullptr,
       true,
       "columns as they are stored, each with an SQL expression over `row` and the aliases of `from`",
       {}},
      {"where",
       Type::text,
       "",
       false,
       "which rows: an SQL expression that is false for rows that were changed; empty: every row, by key",
       {}},
      {"from",
       Type::map,
       Json::object(),
       false,
       "other tables to read, by alias; `where` says which of their rows belongs to a row, at most one",
       {}},
      {"by",
       Type::text,
       "best",
       false,
       "how to walk: key (a unique one), heap (block after block), best (heap where there is a `where`)",
       {"best", "key", "heap"}}};
  return with_shared(std::move(own), {bad_row_parameters(), pace_parameters()});
}

}  // namespace

StepKind rows_update() {
  return {.description =
              {.kind = "rows.update",
               .purpose =
                   "Changes the rows of a table in batches that clients hardly notice; can be stopped and resumed at "
                   "any row.",
               .parameters = parameters_of_update(),
               .outputs = outputs_of_job(),
               .changes = "rows of the table, and the job's own row in pgcleave.jobs",
               .undo = "no: the rows' earlier values are not kept",
               .undo_kind = runbook::UndoKind::impossible,
               .traits = {.changes = true, .job = true}},
          .prepare = prepare_rows_update,
          .observe = observe_rows_update,
          .apply = apply_rows_update,
          .undo = nullptr,
          .foretell = foretell_rows_update};
}

}  // namespace pgcleave::steps
