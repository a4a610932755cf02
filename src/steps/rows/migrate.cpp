// rows.migrate: rows of one version become rows of another, and back, by SQL expressions or by a program. Readers tell
// by the version's column how to read a row, so both shapes can be read meanwhile.
#include "base/format.h"
#include "base/units.h"
#include "data/program_change.h"
#include "data/row_change.h"
#include "data/version_bounds.h"
#include "steps/parameters.h"
#include "steps/registry.h"
#include "steps/rows/row_job.h"

namespace pgcleave::steps {
namespace {

std::vector<std::string> words(const Context& context, const std::string& parameter) {
  return context.with.value(parameter, Json::array()).get<std::vector<std::string>>();
}

Error wrong(const Context& context, const std::string& what, const std::string& hint) {
  return {ErrorKind::invalid, "step " + context.step, what, "", "", hint, ""};
}

// `up` or `down` by name: either expressions or a program.
Result<std::shared_ptr<data::Change>> change_of(const Context& context, const std::string& way,
                                                const data::VersionStep& version) {
  const auto expressions = context.with.value(way, Json::object());
  const auto program = words(context, way + "_program");
  if (expressions.empty() == program.empty())
    return fail(wrong(context, fmt::format("needs either {0} or {0}_program", way),
                      fmt::format("{}: columns with their expressions, or a program and its arguments", way)));
  if (!program.empty()) {
    TRY_ASSIGN(const auto patience, parse_duration(context.text("program_timeout")));
    std::shared_ptr<data::Change> change =
        std::make_shared<data::ProgramChange>(version, words(context, "read"), words(context, "write"),
                                              std::make_unique<data::RowProgram>(program, patience, context.stop));
    return change;
  }
  std::map<std::string, std::string> set;
  for (const auto& [column, expression] : expressions.items()) set[column] = expression.get<std::string>();
  if (set.contains(version.column))
    return fail(wrong(context, fmt::format("{} sets the version, which pgcleave does", way), "leave it out"));
  set[version.column] = std::to_string(version.to);
  std::shared_ptr<data::Change> change = std::make_shared<data::RowChange>(
      std::move(set), fmt::format("row.{} = {}", postgres::quote_identifier(version.column), version.from));
  return change;
}

Result<data::Task> task_of_migrate(Context& context) {
  TRY_ASSIGN(auto task, job_task(context));
  const auto way = context.text("direction");
  data::VersionStep version{context.text("version"), context.with.at("from").get<std::int64_t>(),
                            context.with.at("to").get<std::int64_t>()};
  if (version.from == version.to) return fail(wrong(context, "`from` and `to` are the same version", "correct them"));
  if (way == "down") std::swap(version.from, version.to);
  TRY_ASSIGN(task.change, change_of(context, way, version));
  TRY(task.change->check());
  task.by = data::WalkBy::heap;
  choose_bad_rows(context, task);
  if (const auto bounds = context.text("bounds"); !bounds.empty()) {
    TRY_ASSIGN(const auto into, postgres::parse_table_name(bounds));
    task.between = data::narrow_sql(into);
  }
  return task;
}

Result<Observation> observe_rows_migrate(Context& context) {
  return task_of_migrate(context).and_then([&](const auto& task) { return observe_job(context, task); });
}
Result<void> prepare_rows_migrate(Context& context) {
  return task_of_migrate(context).and_then([&](const auto& task) { return prepare_job(context, task); });
}
Result<Json> apply_rows_migrate(Context& context, const Json&) {
  return task_of_migrate(context).and_then([&](const auto& task) { return apply_job(context, task); });
}
Result<std::vector<std::string>> foretell_rows_migrate(Context& context) {
  return task_of_migrate(context).and_then([&](const auto& task) { return foretell_job(context, task); });
}

std::vector<runbook::Parameter> parameters_of_migrate() {
  using runbook::Type;
  std::vector<runbook::Parameter> own{
      side_parameter("on", "whose leader"),
      {"table", Type::text, nullptr, true, "the table, in SQL; of a partitioned one all partitions", {}},
      {"version", Type::text, "version", false, "the column with a row's version, an integer", {}},
      {"from", Type::integer, nullptr, true, "the version that rows have before", {}},
      {"to", Type::integer, nullptr, true, "the version that they have afterwards; what writes new rows writes it", {}},
      {"direction", Type::text, "up", false, "up; or down: from `to` back to `from`, by `down`", {"up", "down"}},
      {"up", Type::map, Json::object(), false, "columns, each with an SQL expression over `row`", {}},
      {"down", Type::map, Json::object(), false, "the same for direction: down", {}},
      {"up_program",
       Type::list,
       Json::array(),
       false,
       "instead of `up` a program and its arguments: reads an object per line with the key and `read`, writes for each "
       "one with the key and `write`",
       {}},
      {"down_program", Type::list, Json::array(), false, "the same for direction: down", {}},
      {"read", Type::list, Json::array(), false, "columns that the program is given, besides the key", {}},
      {"write", Type::list, Json::array(), false, "columns that it answers with, besides the key", {}},
      {"program_timeout", Type::duration, "30s", false, "how long it may be without a line", {}},
      {"bounds",
       Type::text,
       "",
       false,
       "the small table of versions.track, whose bounds are narrowed while rows are changed",
       {}}};
  return with_shared(std::move(own), {bad_row_parameters(), pace_parameters()});
}

}  // namespace

StepKind rows_migrate() {
  return {.description = {.kind = "rows.migrate",
                          .purpose =
                              "Turns rows of one version into rows of another, or back, in batches; can be stopped and "
                              "resumed at any row.",
                          .parameters = parameters_of_migrate(),
                          .outputs = outputs_of_job(),
                          .changes = "rows of the table, and the job's own row in pgcleave.jobs",
                          .undo = "no: a run with direction: down takes them back",
                          .undo_kind = runbook::UndoKind::impossible,
                          .traits = {.changes = true, .job = true}},
          .prepare = prepare_rows_migrate,
          .observe = observe_rows_migrate,
          .apply = apply_rows_migrate,
          .undo = nullptr,
          .foretell = foretell_rows_migrate};
}

}  // namespace pgcleave::steps
