// rows.compare: whether both sides hold the same rows, as `pgcleave compare` finds it.
#include "base/counted.h"
#include "base/format.h"
#include "base/lines.h"
#include "base/units.h"
#include "steps/check/judging.h"
#include "steps/rows/comparing.h"
#include "world/telling.h"

namespace pgcleave::steps {
namespace {

constexpr std::size_t most_lines = 20;

bool stops(const Context& context) {
  return context.with.value("stop", true);
}

// What differs and what was not compared, without values: lines for people.
std::vector<std::string> lines_of(const Compared& compared) {
  std::vector<std::string> lines;
  for (const auto& table : compared.outcome.tables) {
    const auto name = table.name.sql();
    if (!table.not_compared.empty()) lines.push_back(fmt::format("{}: not compared: {}", name, table.not_compared));
    for (const auto& note : table.shape) lines.push_back(fmt::format("{}: {}", name, note));
    for (const auto& one : table.differences) {
      std::vector<std::string> columns;
      for (const auto& column : one.columns) columns.push_back(column.name);
      // A row that no key names is told by its values.
      lines.push_back(fmt::format("{}: {} {}{}", name, name_of(one.kind), one.has_key ? one.key : "row",
                                  one.kind == compare::Kind::changed && !columns.empty()
                                      ? fmt::format(" ({})", fmt::join(columns, ", "))
                                      : ""));
    }
    if (!table.undecided.empty())
      lines.push_back(fmt::format("{}: {} could not be judged", name, counted(table.undecided.size(), "row")));
  }
  const auto& shape = compared.outcome.shape;
  if (!shape.not_compared.empty()) lines.push_back("the shape of the tables was not compared: " + shape.not_compared);
  for (const auto& one : shape.differences)
    lines.push_back(fmt::format("{}: {}", one.table_in_words(), one.in_words(compared.labels)));
  lines.insert(lines.end(), shape.notes.begin(), shape.notes.end());
  for (auto& line : lines) line = one_line(line);
  return lines;
}

std::string summary_of(const Compared& compared) {
  const auto& outcome = compared.outcome;
  const auto shape = outcome.shape.differences.size();
  return fmt::format("{} of {} compared in {}: {} different, {} not compared{}", counted(outcome.rows(), "row"),
                     counted(outcome.tables.size(), "table"), to_text(outcome.time),
                     counted(outcome.differences(), "row"), counted(outcome.not_compared(), "table"),
                     shape == 0 ? "" : fmt::format(", {} of shape", counted(shape, "difference")));
}

// "differ: 3 rows, 2 tables": what somebody types who goes on all the same.
std::string words_of(const Compared& compared) {
  if (compared.verdict_of_rows() != Verdict::different) return "";
  return fmt::format("differ: {}, {}", counted(compared.outcome.differences(), "row"),
                     counted(compared.outcome.differing_tables(), "table"));
}

std::string given_up_of(const Compared& compared) {
  if (compared.verdict_of_rows() != Verdict::different) return "";
  return counted(compared.outcome.differences(), "difference") + " of rows between both sides";
}

Json outputs_of(const Compared& compared, const std::vector<std::string>& lines) {
  auto text = summary_of(compared);
  for (std::size_t i = 0; i < lines.size() && i < most_lines; ++i) text += "; " + lines[i];
  if (lines.size() > most_lines) text += fmt::format("; and {} more", lines.size() - most_lines);
  const auto& outcome = compared.outcome;
  return {{"verdict", name_of(compared.verdict_of_rows())},
          {"text", text},
          {"words", words_of(compared)},
          {"given_up", given_up_of(compared)},
          {"tables", outcome.tables.size()},
          {"rows", outcome.rows()},
          {"differences", outcome.differences()},
          {"not_compared", outcome.not_compared()},
          {"undecided", outcome.undecided()},
          {"shape_differences", outcome.shape.differences.size()}};
}

// For a run that goes on whatever is found.
Json outputs_without(const std::string& why) {
  return {{"verdict", name_of(Verdict::not_proven)},
          {"text", why},
          {"words", ""},
          {"given_up", ""},
          {"tables", 0},
          {"rows", 0},
          {"differences", 0},
          {"not_compared", 0},
          {"undecided", 0},
          {"shape_differences", 0}};
}

Result<Compared> compare_here(Context& context) {
  ComparisonAsked asked;
  asked.tables = context.with.value("tables", Json::array()).get<std::vector<std::string>>();
  asked.jobs = context.with.value("jobs", 2);
  TRY_ASSIGN(asked.longest, parse_duration(context.text("for")));
  asked.stop = context.stop;
  // Its time is bounded, and a person has chosen the hour of the run.
  asked.limits = context.with.value("limits", Json::object());
  if (!asked.limits.contains("hours")) asked.any_hour = true;
  world::Telling telling(context.world);
  asked.begun = [&](const std::string& text) { telling.changed(text); };
  asked.told = [&](const compare::Progress& now) { telling.now_and_then(in_words(now)); };
  auto aside = world::unopened_world(context.world.environment, context.world.split_file);
  return compare_sides(aside, asked);
}

Result<void> keep(const Context& context, const Compared& compared) {
  const auto& world = context.world;
  auto data = evidence_of(compared, world.environment, world.split_file, world.run.by);
  data["step"] = context.step;
  return world.comparisons.keep(data);
}

Result<Json> judge(const Context& context, const Compared& compared) {
  const auto lines = lines_of(compared);
  for (std::size_t i = 0; i < lines.size() && i < most_lines; ++i) context.world.progress.say(lines[i]);
  if (lines.size() > most_lines) context.world.progress.say(fmt::format("and {} more", lines.size() - most_lines));
  if (compared.verdict_of_rows() != Verdict::different || !stops(context)) return outputs_of(compared, lines);
  return fail(
      {ErrorKind::not_ready, "the rows of both sides", "differ, each in a line above", "the same rows",
       summary_of(compared),
       "the usual reasons: docs/comparing.md; with values: pgcleave compare -e " + context.world.environment.path, ""});
}

Result<Observation> observe_rows_compare(Context&) {
  Observation seen;
  seen.lasting = false;
  seen.evidence = "rows are compared each time, since clients write";
  return seen;
}

Result<Json> apply_rows_compare(Context& context, const Json&) {
  if (context.world.run.emergency) return outputs_without("clients are not served: no time to compare rows");
  const auto compared = compare_here(context);
  if (compared) {
    TRY(keep(context, *compared));
    return judge(context, *compared);
  }
  if (stops(context) || compared.error().kind == ErrorKind::interrupted) return fail(compared.error());
  const auto why = "rows could not be compared: " + one_line(compared.error().text());
  context.world.progress.say(why);
  return outputs_without(why);
}

}  // namespace

StepKind rows_compare() {
  using runbook::Type;
  return {{.kind = "rows.compare",
           .purpose = "Compares the rows of both sides while clients write, and names each that differs.",
           .parameters = {{"tables",
                           Type::list,
                           Json::array(),
                           false,
                           "patterns over schema.table with * and ?; none: all that a comparison takes",
                           {}},
                          {"jobs", Type::integer, 2, false, "how many blocks at a time", {}},
                          {"for",
                           Type::duration,
                           "10m",
                           false,
                           "how long at most; what was not reached is said, and stops nothing; 0s: to the end",
                           {}},
                          {"stop",
                           Type::boolean,
                           true,
                           false,
                           "a difference stops the run, as does a comparison that fails; else both are told",
                           {}},
                          {"limits",
                           Type::map,
                           Json::object(),
                           false,
                           "where it waits, as limits of a job; but for hours, which are heeded only where they are "
                           "written here",
                           {}}},
           .outputs = {{"verdict", "of the rows: same, different or not_proven"},
                       {"text", "what was found, in a line for people"},
                       {"words", "what somebody has to type to go on with a difference; empty for none"},
                       {"given_up", "what a rollback gives up by going on with a difference; empty for nothing"},
                       {"tables", "how many"},
                       {"rows", "how many were compared"},
                       {"differences", "rows that differ"},
                       {"not_compared", "tables that were not compared, or not to their end"},
                       {"undecided", "rows that could not be judged"},
                       {"shape_differences",
                        "indexes, constraints, grants and the like that differ; told, and stop nothing"}},
           .changes = "",
           .undo = "nothing to undo: it only looks",
           .undo_kind = runbook::UndoKind::nothing,
           .traits = {.gives_up = true}},
          nullptr,
          observe_rows_compare,
          apply_rows_compare,
          nullptr};
}

}  // namespace pgcleave::steps
