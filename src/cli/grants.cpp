// The least rights of pgcleave's role, as SQL for whoever administers the servers.
#include "app/grants.h"

#include <algorithm>
#include <charconv>
#include <iostream>

#include "app/files.h"
#include "base/format.h"
#include "cli/asked.h"
#include "cli/complain.h"

namespace pgcleave::cli {
namespace {

constexpr int oldest_version = 15;
constexpr int newest_version = 99;

Result<int> major_of(const std::string& text) {
  int major = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), major);
  if (wrong == std::errc() && end == text.data() + text.size() && major >= oldest_version && major <= newest_version)
    return major;
  return fail({ErrorKind::invalid, "--postgres", "is no version of PostgreSQL that is supported", "15, 16, 17, ...",
               text, "", ""});
}

Result<std::vector<app::SideGrants>> asked_for(const Arguments& arguments, const config::Environment& environment,
                                               const config::Split& split) {
  if (arguments.text("postgres").empty()) return app::grants_of(environment, split);
  TRY_ASSIGN(const auto major, major_of(arguments.text("postgres")));
  return app::grants_for(environment, major);
}

ExitCode code_of(const std::vector<app::SideGrants>& sides, bool missing_only) {
  const auto unseen = [](const auto& side) { return !side.unseen.empty(); };
  const auto lacks = [](const auto& side) { return !side.seen.missing().empty(); };
  if (std::any_of(sides.begin(), sides.end(), unseen)) return ExitCode::not_ready;
  return missing_only && std::any_of(sides.begin(), sides.end(), lacks) ? ExitCode::not_ready : ExitCode::done;
}

ExitCode grants(const Arguments& arguments) {
  const auto environment = app::read_environment_file(arguments.text("environment"));
  if (!environment.value) return complain(environment.problems);
  const auto split = app::read_split_for(files_named(arguments), *environment.value);
  if (!split.value) return complain(split.problems);
  const auto sides = asked_for(arguments, *environment.value, *split.value);
  if (!sides) return complain(sides.error());
  const auto& wanted = arguments.text("side");
  const bool missing_only = arguments.flag("missing");
  std::vector<app::SideGrants> shown;
  for (const auto& side : *sides) {
    if (wanted.empty() || side.label.starts_with(wanted + " ")) shown.push_back(side);
  }
  if (shown.empty()) return complain({ErrorKind::invalid, "--side", "is no side", "source or target", wanted, "", ""});
  if (arguments.flag("json")) {
    Json all = Json::array();
    for (const auto& side : shown) all.push_back(app::json_of(side));
    std::cout << to_text(Json{{"sides", all}}, 2) << "\n";
  } else {
    for (const auto& side : shown) std::cout << app::sql_of(side, missing_only) << "\n";
  }
  return code_of(shown, missing_only);
}

}  // namespace

Verb grants_verb() {
  using Kind = Option::Kind;
  return {"grants",
          "Print the least rights of pgcleave's role on each side, as SQL. Changes nothing.",
          {environment_option(true),
           {"--split", Kind::value, "split file (default: the environment's)"},
           {"--side", Kind::value, "source or target (default: both)"},
           {"--missing", Kind::flag, "only what the role lacks; exit code 3 when it lacks something"},
           {"--postgres", Kind::value, "major version of servers that the role can't log in to yet, such as 17"},
           json_option()},
          grants};
}

}  // namespace pgcleave::cli
