// Whether both sides hold the same rows.
#include "app/compare.h"

#include <charconv>
#include <iostream>

#include "app/files.h"
#include "app/interrupt.h"
#include "base/counted.h"
#include "base/format.h"
#include "base/log.h"
#include "base/units.h"
#include "cli/asked.h"
#include "cli/complain.h"

namespace pgcleave::cli {
namespace {

constexpr auto between_lines = std::chrono::seconds(5);
constexpr int most_jobs = 64;
constexpr std::size_t shown_length = 60;
constexpr std::size_t shown_definition = 300;

// At the end of a sign of UTF-8, not inside.
std::string begin_of(const std::string& text, std::size_t length) {
  auto end = std::min(text.size(), length);
  while (end > 0 && end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80) --end;
  return text.substr(0, end);
}

std::string shortened(const compare::Value& value, bool hidden) {
  if (!value.text) return "NULL";
  if (hidden) return "(not shown)";
  const auto& text = *value.text;
  if (text.size() <= shown_length && !value.cut) return "'" + text + "'";
  return "'" + begin_of(text, shown_length) + "...'";
}

void print_difference(const compare::Difference& difference, const compare::Labels& labels) {
  using compare::Kind;
  const auto where = difference.kind == Kind::missing ? "is missing on " + labels.copy
                     : difference.kind == Kind::extra ? "is on " + labels.copy + " only"
                                                      : std::string("differs");
  std::cout << "    " << printable(fmt::format("{} {}", difference.key, where)) << "\n";
  if (difference.kind == Kind::changed) {
    for (const auto& column : difference.columns)
      std::cout << "      "
                << printable(fmt::format("{}: {} on {}, {} on {}", column.name,
                                         shortened(column.original, column.hidden), labels.original,
                                         shortened(column.copy, column.hidden), labels.copy))
                << "\n";
  }
  std::cout << "      " << printable(fmt::format("on {}: {}", labels.copy, difference.repair)) << "\n";
}

void print_table(const compare::TableResult& table, const compare::Labels& labels) {
  if (table.equal() && table.undecided.empty()) return;
  std::cout << "  " << printable(table.name.sql()) << "\n";
  if (!table.not_compared.empty()) std::cout << "    not compared: " << printable(table.not_compared) << "\n";
  for (const auto& note : table.shape) std::cout << "    " << printable(note) << "\n";
  for (const auto& difference : table.differences) print_difference(difference, labels);
  if (table.more) std::cout << "    and more: the rest of this table was not looked at\n";
  if (!table.undecided.empty())
    std::cout << fmt::format(
        "    {} rows could not be judged: they were written at each look, or somebody who writes "
        "the table did not end: {}\n",
        table.undecided.size(), printable(fmt::format("{}", fmt::join(table.undecided, "; "))));
}

// What a server says of it, on a line that can be read.
std::string defined(const std::string& text, const std::string& side) {
  if (text.size() <= shown_definition) return fmt::format("{}: {}", side, text);
  return fmt::format("{}: {}...", side, begin_of(text, shown_definition));
}

// What was not read, and why the rest was.
void print_known(const compare::Outcome& outcome) {
  for (const auto& table : outcome.tables) {
    const auto name = printable(table.name.sql());
    if (!table.why_whole.empty()) std::cout << fmt::format("  {}: read whole: {}\n", name, printable(table.why_whole));
    if (!table.since.empty())
      std::cout << fmt::format("  {}: {} of {} not read: nobody has written them since comparison {}\n", name,
                               table.unchanged, counted(table.blocks, "block"), printable(table.since));
  }
}

void print_shape(const app::Compared& compared) {
  const auto& shape = compared.outcome.shape;
  const auto& labels = compared.labels;
  const auto say = [](const char* indent, const std::string& text) { std::cout << indent << printable(text) << "\n"; };
  if (!shape.not_compared.empty()) say("  ", "the shape of the tables was not compared: " + shape.not_compared);
  std::string table;
  for (const auto& one : shape.differences) {
    if (table != one.table_in_words()) say("  ", one.table_in_words() + ", its shape");
    table = one.table_in_words();
    say("    ", one.in_words(labels));
    if (!one.original.empty()) say("      ", defined(one.original, labels.original));
    if (!one.copy.empty()) say("      ", defined(one.copy, labels.copy));
    const auto& where = one.on_original ? labels.original : labels.copy;
    if (!one.repair.empty()) say("      ", fmt::format("on {}: {}", where, one.repair));
  }
  for (const auto& note : shape.notes) say("  ", note);
}

const char* verdict_in_words(app::Verdict verdict) {
  switch (verdict) {
    case app::Verdict::same: return "the same";
    case app::Verdict::different: return "different";
    case app::Verdict::not_proven: return "no difference found, and not proven";
  }
  return "";
}

ExitCode exit_of(app::Verdict verdict) {
  switch (verdict) {
    case app::Verdict::same: return ExitCode::done;
    case app::Verdict::different: return ExitCode::rows_differ;
    case app::Verdict::not_proven: break;
  }
  return ExitCode::not_ready;
}

void print_compared(const app::Compared& compared) {
  const auto& outcome = compared.outcome;
  for (const auto& table : outcome.tables) print_table(table, compared.labels);
  print_shape(compared);
  print_known(outcome);
  std::cout << printable(
                   fmt::format("{}: {} rows of {} tables in {}; {} rows differ, {} tables were not compared; {} of "
                               "shape",
                               verdict_in_words(compared.verdict()), outcome.rows(), outcome.tables.size(),
                               to_text(outcome.time), outcome.differences(), outcome.not_compared(),
                               counted(outcome.shape.differences.size(), "difference")))
            << "\n";
}

// How far it is, now and then.
class ProgressLines {
 public:
  void operator()(const compare::Progress& now) {
    if (Monotonic::now() < next_) return;
    next_ = Monotonic::now() + between_lines;
    log::info(printable(steps::in_words(now)));
  }

 private:
  Monotonic::time_point next_ = Monotonic::now() + between_lines;
};

Result<int> jobs_in(const Arguments& arguments) {
  const auto text = arguments.text("jobs");
  if (text.empty()) return 2;
  int jobs = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), jobs);
  if (read.ec == std::errc() && read.ptr == text.data() + text.size() && jobs >= 1 && jobs <= most_jobs) return jobs;
  return fail({ErrorKind::invalid, "--jobs", "is no number of jobs", fmt::format("1 to {}", most_jobs), text, "", ""});
}

// {"replica_lag": "16MiB"}; no value: flat out.
Result<std::optional<Json>> limits_in(const Arguments& arguments) {
  Json limits = Json::object();
  for (const auto& text : arguments.list("limits")) {
    if (text == "none") return std::optional<Json>();
    const auto sign = text.find('=');
    if (sign == std::string::npos)
      return fail({ErrorKind::invalid, "--limits", "is no limit", "none, or such as replica_lag=16MiB", text, "", ""});
    limits[text.substr(0, sign)] = text.substr(sign + 1);
  }
  return std::optional(std::move(limits));
}

Result<steps::ComparisonAsked> asked_in(const Arguments& arguments) {
  steps::ComparisonAsked asked;
  asked.tables = arguments.list("tables");
  asked.since_last = arguments.flag("since-last");
  TRY_ASSIGN(asked.jobs, jobs_in(arguments));
  TRY_ASSIGN(asked.longest, parse_duration(arguments.text("for").empty() ? "0s" : arguments.text("for")));
  TRY_ASSIGN(const auto limits, limits_in(arguments));
  asked.flat_out = !limits;
  asked.limits = limits.value_or(Json::object());
  asked.stop = &app::stop_flag();
  asked.begun = [](const std::string& text) { log::info(printable(text)); };
  asked.told = ProgressLines();
  if (!arguments.text("resume").empty() && asked.since_last)
    return fail({ErrorKind::invalid, "--since-last", "can't be given with --resume", "",
                 "what is left of a comparison that is resumed is read as a whole", "", ""});
  if (!arguments.text("resume").empty() && !asked.tables.empty())
    return fail({ErrorKind::invalid, "--tables", "can't be given with --resume", "",
                 "a comparison that is resumed keeps its tables", "", ""});
  return asked;
}

ExitCode compare_rows(const Arguments& arguments) {
  const auto environment = app::read_environment_file(arguments.text("environment"));
  if (!environment.value) return complain(environment.problems);
  const auto split = app::read_split_for(files_named(arguments), *environment.value);
  if (!split.value) return complain(split.problems);
  const auto asked = asked_in(arguments);
  if (!asked) return complain(asked.error());
  const app::KeptAs kept{arguments.text("resume"), arguments.flag("takeover"), arguments.flag("keep-nothing")};
  const auto journal = app::journal_path(files_named(arguments), &*environment.value);
  const auto compared = app::compare_sides(journal, *environment.value, *split.value, *asked, kept);
  if (!compared) return complain(compared.error());
  if (arguments.flag("json")) std::cout << to_text(compared->json(true), 2) << "\n";
  if (!arguments.flag("json")) print_compared(*compared);
  return exit_of(compared->verdict());
}

}  // namespace

Verb compare_verb() {
  using Kind = Option::Kind;
  return {"compare",
          "Compare the rows and the shape of both sides while clients write, and name each difference. Changes no row.",
          {environment_option(true),
           {"--split", Kind::value, "split file (default: the environment's)"},
           {"--tables", Kind::list, "only tables that match, such as 'ci.*' (can be given again)"},
           {"--since-last", Kind::flag,
            "do not read what nobody has written on either side since an earlier comparison found it the same"},
           {"--for", Kind::value, "how long at most, such as 10m; what is not reached is named (default: to the end)"},
           {"--jobs", Kind::value, "how many blocks at a time (default: 2)"},
           {"--limits", Kind::list,
            "where it waits, such as replica_lag=16MiB, over those of the environment; none: flat out (can be given "
            "again)"},
           {"--resume", Kind::value, "go on with this comparison, of any host; last: with the newest that is not over"},
           {"--takeover", Kind::flag, "with --resume: also from a process that is at work on it"},
           {"--keep-nothing", Kind::flag, "write nothing on the servers; it can't be resumed, held or paced then"},
           journal_option(),
           json_option()},
          compare_rows};
}

}  // namespace pgcleave::cli
