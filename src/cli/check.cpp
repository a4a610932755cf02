#include <algorithm>
#include <array>
#include <iostream>

#include "base/format.h"
#include "base/log.h"
#include "base/sha256.h"
#include "base/units.h"
#include "base/version.h"
#include "checks/access/files.h"
#include "checks/families.h"
#include "cli/change.h"
#include "cli/session.h"

namespace pgcleave::cli {
namespace {

using checks::Severity;

constexpr std::array severities{Severity::blocker, Severity::warning, Severity::note};

struct Looked {
  config::Environment environment;
  config::Split split;
  std::optional<runbook::Change> change;
  checks::Findings findings;
  double ms = 0;
};

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
  std::cout << fmt::format("{} blockers, {} warnings, {} notes\n", count(findings, Severity::blocker),
                           count(findings, Severity::warning), count(findings, Severity::note));
}

Json families_of(const std::vector<checks::Family>& families) {
  Json names = Json::array();
  for (const auto& family : families) names.push_back(family.name);
  return names;
}

// What was found is evidence for a report. Nothing depends on it, so a journal that can't be written is only told.
void record(const Looked& looked, const std::string& journal_file) {
  const auto& environment = looked.environment;
  const auto* runbook = looked.change ? &looked.change->runbook : nullptr;
  Json findings = Json::array();
  for (const auto& finding : looked.findings) findings.push_back(checks::json_of(finding));
  auto journal = journal::Journal::open(journal_file, Deadline::in(std::chrono::seconds(2)));
  const auto written = journal ? journal->append(journal::new_id("c"), "check.done",
                                                 {{"environment_name", environment.name},
                                                  {"class", environment.production ? "production" : "staging"},
                                                  {"split_name", looked.split.name},
                                                  {"split_sha256", sha256(looked.split.text)},
                                                  {"runbook", runbook != nullptr ? runbook->path : ""},
                                                  {"runbook_sha256", runbook != nullptr ? runbook->sha256 : ""},
                                                  {"families", families_of(checks::families())},
                                                  {"findings", findings},
                                                  {"operator", operator_name()},
                                                  {"version", version()},
                                                  {"ms", looked.ms}},
                                                 journal::Durability::disk)
                               : fail(journal.error());
  if (!written) log::warn("what was found could not be recorded for a report: " + written.error().text());
}

// With a runbook the change is judged too; without one only the two sides.
std::optional<Looked> look(const Arguments& arguments) {
  const auto observe = parse_duration(arguments.text("observe").empty() ? "0s" : arguments.text("observe"));
  if (!observe) {
    complain(observe.error());
    return {};
  }
  Looked looked;
  if (!arguments.text("runbook").empty()) {
    looked.change = read_change(arguments, arguments.text("runbook"));
    if (!looked.change) return {};
    looked.environment = looked.change->environment;
    looked.split = looked.change->split;
  } else {
    auto environment = read_environment_file(arguments.text("environment"));
    if (!environment) return {};
    auto split = read_split_for(arguments, *environment);
    if (!split) return {};
    looked.environment = std::move(*environment);
    looked.split = std::move(*split);
  }
  auto files = checks::access_files(looked.environment, journal_path(arguments, &looked.environment));
  // With a passfile or a key that libpq does not use, every login would be told to be refused.
  if (checks::keep_from_logging_in(files)) {
    looked.findings = std::move(files);
    return looked;
  }
  const auto began = Monotonic::now();
  auto world = world::unopened_world(looked.environment, looked.split);
  looked.findings = checks::inspect(world, checks::families(), {looked.change ? &*looked.change : nullptr, *observe},
                                    time_per_family);
  looked.findings.insert(looked.findings.begin(), files.begin(), files.end());
  looked.ms = milliseconds(std::chrono::duration_cast<Duration>(Monotonic::now() - began));
  return looked;
}

ExitCode check(const Arguments& arguments) {
  const auto looked = look(arguments);
  if (!looked) return ExitCode::invalid;
  const auto files_fit = std::none_of(looked->findings.begin(), looked->findings.end(),
                                      [](const auto& finding) { return finding.id.rfind("access.journal", 0) == 0; });
  if (files_fit) record(*looked, journal_path(arguments, &looked->environment));
  if (arguments.flag("json")) std::cout << to_text(json_of(looked->findings), 2) << "\n";
  if (!arguments.flag("json")) print(looked->findings);
  return count(looked->findings, Severity::blocker) == 0 ? ExitCode::done : ExitCode::not_ready;
}

}  // namespace

Verb check_verb() {
  using Kind = Option::Kind;
  return {"check",
          "Look at both sides and name what is wrong, why it matters and what mends it. Changes nothing there.",
          {environment_option(true),
           {"--split", Kind::value, "split file (default: the environment's)"},
           {"--runbook", Kind::value, "also judge whether this runbook was rehearsed, fits its budget and is signed"},
           {"--observe", Kind::value, "how long to watch what clients do, such as 30s (default: a short look)"},
           set_option(),
           journal_option(),
           json_option()},
          check};
}

}  // namespace pgcleave::cli
