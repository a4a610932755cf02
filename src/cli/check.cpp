#include <array>
#include <iostream>

#include "base/format.h"
#include "checks/families.h"
#include "cli/files.h"

namespace pgcleave::cli {
namespace {

using checks::Severity;

constexpr auto time_per_family = std::chrono::seconds(10);
constexpr std::array severities{Severity::blocker, Severity::warning, Severity::note};

Json json_of(const checks::Findings& findings) {
  Json list = Json::array();
  for (const auto& finding : findings) list.push_back(checks::json_of(finding));
  return {{"findings", list},
          {"summary",
           {{"blockers", count(findings, Severity::blocker)},
            {"warnings", count(findings, Severity::warning)},
            {"notes", count(findings, Severity::note)},
            {"families", checks::families().size()}}}};
}

void print(const checks::Finding& finding) {
  std::cout << fmt::format("  {}  {}\n", finding.id, printable(finding.object));
  const auto line = [](const char* title, const std::string& text) {
    if (!text.empty()) std::cout << fmt::format("      {:<5} {}\n", title, printable(text));
  };
  line("seen", finding.evidence);
  line("by", finding.query);
  line("why", finding.why);
  line("fix", finding.fix);
}

void print(const checks::Findings& findings) {
  for (const auto severity : severities) {
    if (count(findings, severity) == 0) continue;
    std::cout << fmt::format("{} ({})\n", checks::name_of(severity), count(findings, severity));
    for (const auto& finding : findings) {
      if (finding.severity == severity) print(finding);
    }
  }
  std::cout << fmt::format("{} blockers, {} warnings, {} notes\n", count(findings, Severity::blocker), count(findings, Severity::warning),
                           count(findings, Severity::note));
}

ExitCode check(const Arguments& arguments) {
  const auto environment = read_environment_file(arguments.text("environment"));
  if (!environment) return ExitCode::invalid;
  const auto split = read_split_for(arguments, *environment);
  if (!split) return ExitCode::invalid;
  Duration observe{};
  if (!arguments.text("observe").empty()) {
    const auto given = parse_duration(arguments.text("observe"));
    if (!given) return complain(given.error());
    observe = *given;
  }
  auto world = steps::unopened_world(*environment, *split);
  const auto findings = checks::look_at(world, checks::families(), time_per_family, observe);
  if (arguments.flag("json")) std::cout << json_of(findings).dump(2) << "\n";
  if (!arguments.flag("json")) print(findings);
  return count(findings, Severity::blocker) == 0 ? ExitCode::done : ExitCode::not_ready;
}

}  // namespace

Verb check_verb() {
  using Kind = Option::Kind;
  return {"check",
          "Look at both sides and name what is wrong, why it matters and what mends it. Changes nothing.",
          {environment_option(true),
           {"--split", Kind::value, "split file (default: the environment's)"},
           {"--observe", Kind::value, "how long to watch what clients do, such as 30s (default: a short look)"},
           json_option()},
          check};
}

}  // namespace pgcleave::cli
