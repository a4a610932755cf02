#include <iostream>

#include "app/change.h"
#include "app/shipped_runbook.h"
#include "base/file.h"
#include "base/format.h"
#include "base/log.h"
#include "cli/complain.h"
#include "steps/registry.h"

namespace pgcleave::cli {
namespace {

// With an environment the split is compared with the live catalog; nothing else is looked at.
ExitCode against_catalog(const Arguments& arguments) {
  const auto environment = app::read_environment_file(arguments.text("environment"));
  if (!environment.value) return complain(environment.problems);
  for (const auto& note : environment.value->notes) log::detail(note.text());
  const auto path = arguments.text("split").empty() ? environment.value->split : arguments.text("split");
  if (path.empty()) return ExitCode::done;
  const auto split = app::read_split_file(path);
  if (!split.value) return complain(split.problems);
  const auto moved = app::fits_catalog(*environment.value, *split.value, Deadline::in(std::chrono::seconds(5)));
  if (!moved) return complain(moved.error());
  log::info(fmt::format("{}: {} tables move", path, *moved));
  return ExitCode::done;
}

ExitCode validate(const Arguments& arguments) {
  const auto found = app::runbook_path(arguments.text("RUNBOOK"));
  if (!found) return complain(found.error());
  const auto& path = *found;
  const auto text = read_file(path);
  if (!text) return complain(text.error());
  const auto read = runbook::read_runbook(path, *text, steps::vocabulary());
  if (arguments.flag("json")) {
    Json problems = Json::array();
    for (const auto& problem : read.problems) problems.push_back(problem.json());
    std::cout << to_text(Json{{"valid", read.problems.empty()}, {"problems", problems}}, 2) << "\n";
  } else {
    complain(read.problems);
  }
  if (!read.value) return ExitCode::invalid;
  for (const auto& note : runbook::notes(*read.value, steps::vocabulary())) log::detail(note.text());
  log::info(fmt::format("{}: valid, {} phases, sha256 {}", path, read.value->phases.size(),
                        read.value->sha256.substr(0, 12)));
  return arguments.text("environment").empty() ? ExitCode::done : against_catalog(arguments);
}

}  // namespace

Verb validate_verb() {
  using Kind = Option::Kind;
  return {"validate",
          "Check a runbook, and with -e the split against the live catalog. Changes nothing.",
          {{"RUNBOOK", Kind::positional, "runbook file, or the name of a shipped one"},
           environment_option(false),
           {"--split", Kind::value, "split file (default: the environment's)"},
           json_option()},
          validate};
}

}  // namespace pgcleave::cli
