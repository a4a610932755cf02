// check.compared: may it go on, by the last comparison of both sides' rows? It compares nothing itself: the journal
// tells what `pgcleave compare` or a step found. The servers only tell which they are.
#include <algorithm>
#include <set>

#include "base/counted.h"
#include "base/format.h"
#include "base/lines.h"
#include "base/units.h"
#include "config/table_name.h"
#include "steps/registry.h"
#include "world/run_servers.h"

namespace pgcleave::steps {
namespace {

using world::TableCompared;

constexpr std::size_t most_tables_named = 5;

std::string some_of(std::vector<std::string> names) {
  const auto all = names.size();
  if (all > most_tables_named) names.resize(most_tables_named);
  auto text = fmt::format("{}", fmt::join(names, ", "));
  if (all > most_tables_named) text += fmt::format(" and {} more", all - most_tables_named);
  return text;
}

// Moved tables; with patterns the moved and the shared ones that match.
Result<std::set<std::string>> tables_asked_for(const Context& context) {
  const auto patterns = context.with.value("tables", Json::array()).get<std::vector<std::string>>();
  const auto& split = context.world.split;
  std::set<std::string> names;
  for (const auto* tables : {&split.moved, &split.shared}) {
    if (tables == &split.shared && patterns.empty()) continue;
    for (const auto& table : *tables) {
      const auto name = table.name.schema + "." + table.name.name;
      const bool matches = patterns.empty() || std::any_of(patterns.begin(), patterns.end(), [&](const auto& pattern) {
                             return config::matches(pattern, name);
                           });
      if (table.holds_rows && matches) names.insert(table.name.sql());
    }
  }
  if (!names.empty()) return names;
  return fail({ErrorKind::invalid, "step " + context.step, "asks for no table", "moved or shared tables",
               fmt::format("{}", fmt::join(patterns, ", ")), "correct `tables` in the runbook", ""});
}

// The last comparison, less the tables that nobody asks for.
struct Judged {
  std::optional<LastComparison> last;
  std::vector<std::string> missing;  // that it did not compare at all

  [[nodiscard]] std::vector<std::string> those(bool (*fit)(const TableCompared&)) const {
    std::vector<std::string> names;
    for (const auto& table : last->tables) {
      if (fit(table)) names.push_back(table.table);
    }
    return names;
  }
};

Result<Judged> judged_by_last(const Context& context) {
  TRY_ASSIGN(auto asked, tables_asked_for(context));
  Judged judged;
  TRY_ASSIGN(judged.last, context.world.comparisons.last());
  if (!judged.last) return judged;
  auto& tables = judged.last->tables;
  std::erase_if(tables, [&](const auto& table) { return !asked.contains(table.table); });
  for (const auto& table : tables) asked.erase(table.table);
  judged.missing.assign(asked.begin(), asked.end());
  return judged;
}

struct Fault {
  std::string what;
  std::string expected;
  std::string seen;
  std::string next = "then try again";  // after the command that compares
};

std::string differences_in_words(const LastComparison& last) {
  const auto rows = counted(last.differences(), "row") + (last.counts_all_differences() ? "" : " or more");
  return last.columns() == 0 ? rows : rows + " and " + counted(last.columns(), "column");
}

std::optional<Fault> fault_of_rows(const Context& context, const Judged& judged) {
  const auto& last = *judged.last;
  const auto allowed = context.with.value("differences", std::int64_t(0));
  if (!last.counts_all_differences() || last.differences() + last.columns() > allowed) {
    const auto where = some_of(judged.those([](const auto& table) { return table.differs(); }));
    return Fault{"differ", allowed == 0 ? "no difference" : fmt::format("at most {} differences", allowed),
                 fmt::format("{} in {}, found by {}", differences_in_words(last), where, last.whose()),
                 "it names each, with the usual reasons in docs/comparing.md"};
  }
  if (last.incomplete() == 0 || context.text("incomplete") == "allow") return {};
  const auto where = some_of(judged.those([](const auto& table) { return !table.is_whole(); }));
  return Fault{"were not all judged", "each row of these tables, or `incomplete: allow`",
               fmt::format("{}: not compared to the end, or {} undecided; by {}", where,
                           counted(last.undecided(), "row"), last.whose())};
}

// Where an environment file names other servers by now, what was compared says nothing of them.
Result<std::optional<Fault>> fault_of_servers(const Context& context, const LastComparison& last) {
  auto& world = context.world;
  for (auto* side : {&world.source, &world.target}) TRY(side->leader(context.deadline));
  const auto others = world::other_sides(world, last.servers);
  if (others.empty()) return std::optional<Fault>();
  std::string expected;
  for (const auto* side : {&world.source, &world.target})
    expected += fmt::format("{}{}: {}", expected.empty() ? "" : "; ", side->label(), side->database()->text());
  return Fault{"were compared on other servers", expected, fmt::format("{}, by {}", others, last.whose())};
}

Result<std::optional<Fault>> fault_of(const Context& context, const Judged& judged) {
  TRY_ASSIGN(const auto max_age, parse_duration(context.text("max_age")));
  const auto expected = fmt::format("a comparison that began no longer than {} ago", to_text(max_age));
  if (!judged.last) return Fault{"were never compared, as far as this journal tells", expected, "none"};
  const auto& last = *judged.last;
  TRY_ASSIGN(auto others, fault_of_servers(context, last));
  if (others) return others;
  if (!last.passed_by.empty())
    return Fault{"were compared before the side that serves them changed", "a comparison since then",
                 fmt::format("{}; then run {} passed ownership", last.whose(), last.passed_by)};
  const auto age = last.age(utc_now_us());
  if (age > max_age)
    return Fault{"were compared too long ago", expected, fmt::format("{} ago, by {}", to_text(age), last.whose())};
  if (!judged.missing.empty())
    return Fault{"were not compared in all tables", counted(judged.missing.size() + last.tables.size(), "table"),
                 fmt::format("{} left out {}", last.whose(), some_of(judged.missing))};
  return fault_of_rows(context, judged);
}

Error error_of(const Context& context, const Fault& fault) {
  return {ErrorKind::not_ready,
          "the rows of both sides",
          fault.what,
          fault.expected,
          fault.seen,
          fmt::format("pgcleave compare -e {}; {}", context.world.environment.path, fault.next),
          ""};
}

Observation passed_by(const LastComparison& last) {
  const auto age = last.age(utc_now_us());
  Observation seen;
  seen.state = State::done;
  seen.outputs = {{"compared_by", last.run},
                  {"age_ms", milliseconds(age)},
                  {"tables", last.tables.size()},
                  {"rows", last.rows()},
                  {"differences", last.differences() + last.columns()},
                  {"incomplete", last.incomplete()}};
  seen.evidence = fmt::format("{} of {} were compared {} ago by {}: {} differ, {} not compared to the end",
                              counted(last.rows(), "row"), counted(last.tables.size(), "table"), to_text(age),
                              last.whose(), counted(last.differences(), "row"), counted(last.incomplete(), "table"));
  return seen;
}

Result<Observation> observe_check_compared(Context& context) {
  TRY_ASSIGN(const auto judged, judged_by_last(context));
  TRY_ASSIGN(const auto fault, fault_of(context, judged));
  if (!fault) return passed_by(*judged.last);
  Observation seen;
  seen.evidence = one_line(error_of(context, *fault).text());
  return seen;
}

Result<Json> apply_check_compared(Context& context, const Json&) {
  TRY_ASSIGN(const auto judged, judged_by_last(context));
  TRY_ASSIGN(const auto fault, fault_of(context, judged));
  if (fault) return fail(error_of(context, *fault));
  return passed_by(*judged.last).outputs;
}

}  // namespace

StepKind check_compared() {
  using runbook::Type;
  return {
      {.kind = "check.compared",
       .purpose = "Goes on only if the last comparison of both sides' rows is young enough and found no difference.",
       .parameters = {{"max_age", Type::duration, "1h", false, "how long ago it may have begun", {}},
                      {"tables",
                       Type::list,
                       Json::array(),
                       false,
                       "patterns over schema.table with * and ?, of moved and shared tables; none: all moved ones",
                       {}},
                      {"differences",
                       Type::integer,
                       0,
                       false,
                       "how many may be known: rows that differ, and columns that only one side has",
                       {}},
                      {"incomplete",
                       Type::text,
                       "refuse",
                       false,
                       "what to do with tables that were not compared to their end, and rows that were not judged",
                       {"refuse", "allow"}}},
       .outputs = {{"compared_by", "the comparison: the id of its command or run"},
                   {"age_ms", "how long ago it began"},
                   {"tables", "how many of those asked for it compared"},
                   {"rows", "in these tables"},
                   {"differences", "in these tables"},
                   {"incomplete", "tables that were not compared to their end"}},
       .changes = "",
       .undo = "nothing to undo: it only looks",
       .undo_kind = runbook::UndoKind::nothing,
       .traits = {}},
      nullptr,
      observe_check_compared,
      apply_check_compared,
      nullptr};
}

}  // namespace pgcleave::steps
