// indexes.build: an index of a large table, built while clients work (data/index_builder.h). What there is of it in the
// catalog is the state, so whoever goes on reads that: a finished index is left alone, one that is being built is
// waited for, an invalid one is built anew.
#include "base/format.h"
#include "base/units.h"
#include "data/index_builder.h"
#include "steps/build_surroundings.h"
#include "steps/parameters.h"
#include "steps/registry.h"

namespace pgcleave::steps {
namespace {

Result<data::IndexRequest> request_of(const Context& context) {
  data::IndexRequest request;
  TRY_ASSIGN(request.table, postgres::parse_table_name(context.text("table")));
  TRY_ASSIGN(const auto name, postgres::parse_table_name(context.text("name")));
  if (context.text("name").find('.') != std::string::npos && name.schema != request.table.schema) {
    return fail({ErrorKind::invalid, "index " + name.sql(), "an index is in its table's schema", request.table.schema,
                 name.schema, "leave the schema out of `name`", ""});
  }
  request.name = name.name;
  request.unique = context.with.value("unique", false);
  request.definition = context.text("definition");
  return request;
}

Result<data::IndexBuilder> builder_of(Context& context, const data::IndexShape& shape) {
  TRY_ASSIGN(auto request, request_of(context));
  auto around = build_surroundings(context);
  TRY_ASSIGN(around.memory, parse_bytes(context.text("memory")));
  around.workers = context.with.value("workers", std::int64_t{-1});
  return data::IndexBuilder(std::move(request), shape, std::move(around));
}

Result<Observation> observe_indexes_build(Context& context) {
  TRY_ASSIGN(const auto request, request_of(context));
  TRY_ASSIGN(auto* leader, context.on().leader(context.deadline));
  TRY_ASSIGN(const auto seen, data::read_index(*leader, request.index(), context.deadline));
  Observation found;
  found.before = {{"there", seen && seen->valid}};
  found.evidence = fmt::format("there is no index {}", request.index().sql());
  if (!seen) return found;
  TRY_ASSIGN(const auto shape, data::try_index(*leader, request, context.deadline));
  const bool same = seen->is(request.table, request.unique, shape.definition);
  found.evidence = fmt::format("{}index {} on {} {} is {}", seen->unique ? "unique " : "", seen->name.sql(),
                               seen->table.sql(), seen->definition, seen->valid ? "valid" : "invalid");
  if (!same) found.state = State::conflict;
  if (!same || !seen->valid) return found;
  found.state = State::done;
  found.outputs = {{"bytes", seen->size.count}};
  return found;
}

// What would make the build fail is found before anything is changed: a definition that PostgreSQL refuses, too few
// temporary files.
Result<void> prepare_indexes_build(Context& context) {
  TRY_ASSIGN(const auto request, request_of(context));
  TRY_ASSIGN(auto* leader, context.on().leader(context.deadline));
  TRY_ASSIGN(const auto shape, data::try_index(*leader, request, context.deadline));
  if (context.text("temp_files") == "ignore") return {};
  return data::fits_temp_files(*leader, request, shape, context.deadline);
}

Result<Json> apply_indexes_build(Context& context, const Json&) {
  TRY_ASSIGN(const auto request, request_of(context));
  TRY_ASSIGN(auto* leader, context.on().leader(context.deadline));
  TRY_ASSIGN(const auto shape, data::try_index(*leader, request, context.deadline));
  TRY_ASSIGN(auto builder, builder_of(context, shape));
  TRY_ASSIGN(const auto built,
             context.world.effects->perform(
                 printable(fmt::format("build {} on {}, concurrently", request.text(), context.on().label())),
                 [&]() -> Result<Json> {
                   TRY_ASSIGN(const auto seen, builder.run());
                   return Json{{"bytes", seen.size.count}};
                 }));
  return built.is_object() ? built : Json{{"bytes", 0}};
}

Result<void> undo_indexes_build(Context& context, const Json& before, const Json&) {
  if (before.value("there", true)) return {};
  TRY_ASSIGN(const auto request, request_of(context));
  TRY_ASSIGN(auto builder, builder_of(context, {}));
  TRY(context.world.effects->perform(
      fmt::format("drop index {} on {}, concurrently", request.index().sql(), context.on().label()),
      [&]() -> Result<Json> {
        TRY(builder.drop());
        return Json();
      }));
  return {};
}

std::vector<runbook::Parameter> parameters_of_build() {
  using runbook::Type;
  return {
      side_parameter("on", "whose leader"),
      {"table", Type::text, nullptr, true, "the table, in SQL; of a partitioned one each partition, then attached", {}},
      {"name", Type::text, nullptr, true, "the index, in SQL; it is in the table's schema", {}},
      {"definition",
       Type::text,
       nullptr,
       true,
       "what CREATE INDEX has after the table: (client, n), or USING gin (tags) WHERE open",
       {}},
      {"unique", Type::boolean, false, false, "refuses rows that are there twice; they are named before", {}},
      {"memory", Type::bytes, "0B", false, "maintenance_work_mem of the session; 0B: the server's", {}},
      {"workers",
       Type::integer,
       -1,
       false,
       "max_parallel_maintenance_workers of the session; 0: none, -1: the server's",
       {}},
      {"temp_files",
       Type::text,
       "check",
       false,
       "check: refused where the sort would need more than temp_file_limit; ignore",
       {"check", "ignore"}}};
}

}  // namespace

StepKind indexes_build() {
  return {{.kind = "indexes.build",
           .purpose = "Builds an index while clients work; can be stopped and resumed.",
           .parameters = parameters_of_build(),
           .outputs = {{"bytes", "size of the index"}},
           .changes = "an index; an invalid one of that name is dropped before",
           .undo = "drops the index, unless it was there and valid before",
           .undo_kind = runbook::UndoKind::restores,
           .traits = {.changes = true}},
          prepare_indexes_build,
          observe_indexes_build,
          apply_indexes_build,
          undo_indexes_build,
          UndoOrder::after_traffic};
}

}  // namespace pgcleave::steps
