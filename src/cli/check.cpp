#include "app/check.h"

#include <array>
#include <iostream>

#include "base/format.h"
#include "base/units.h"
#include "checks/families.h"
#include "cli/asked.h"
#include "cli/complain.h"
#include "cli/next.h"

namespace pgcleave::cli {
namespace {

using checks::Severity;

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
  std::cout << fmt::format("{} blockers, {} warnings, {} notes\n", count(findings, Severity::blocker),
                           count(findings, Severity::warning), count(findings, Severity::note));
}

// A runbook that is judged goes on as itself.
std::string next_after(const Arguments& arguments, bool ready) {
  if (!ready)
    return "pgcleave check" +
           (arguments.text("runbook").empty() ? "" : " --runbook " + in_shell(arguments.text("runbook"))) +
           same_files(arguments) + "    # again, when the blockers are fixed";
  const auto runbook = arguments.text("runbook").empty() ? "logical-switchover" : in_shell(arguments.text("runbook"));
  if (is_production(arguments)) return "pgcleave report readiness " + runbook + same_files(arguments);
  return "pgcleave rehearse " + runbook + same_files(arguments);
}

ExitCode check(const Arguments& arguments) {
  const auto observe = parse_duration(arguments.text("observe").empty() ? "0s" : arguments.text("observe"));
  if (!observe) {
    complain(observe.error());
    return ExitCode::invalid;
  }
  const auto found = app::check({change_named(arguments, arguments.text("runbook")), *observe});
  if (!found.value) return complain(found.problems);
  if (arguments.flag("json")) std::cout << to_text(json_of(*found.value), 2) << "\n";
  const bool ready = count(*found.value, Severity::blocker) == 0;
  if (!arguments.flag("json")) {
    print(*found.value);
    say_next(next_after(arguments, ready));
  }
  return ready ? ExitCode::done : ExitCode::not_ready;
}

}  // namespace

Verb check_verb() {
  using Kind = Option::Kind;
  return {"check",
          "Look at both sides and name what is wrong, why it matters and what fixes it. Changes nothing there.",
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
