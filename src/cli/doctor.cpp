// `pgcleave doctor`: tries every login that a window needs, and shows all of them, also those that work.
#include <algorithm>
#include <array>
#include <iostream>

#include "app/check.h"
#include "base/format.h"
#include "cli/asked.h"
#include "cli/complain.h"

namespace pgcleave::cli {
namespace {

using Cells = std::array<std::string, 6>;

Cells cells_of(const checks::Login& login) {
  const bool works = login.result == checks::LoginResult::works;
  std::string result = checks::name_of(login.result);
  if (!login.said.empty()) result += ": " + login.said;
  return {printable(login.from), printable(login.to),
          printable(login.as),   printable(login.tls),
          printable(result),     works || login.result == checks::LoginResult::not_tried ? "" : printable(login.fix)};
}

void print(const std::vector<checks::Login>& logins) {
  std::vector<Cells> rows{{"FROM", "TO", "AS", "TLS", "RESULT", "FIX"}};
  for (const auto& login : logins) rows.push_back(cells_of(login));
  std::array<std::size_t, 4> widths{};
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < widths.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < widths.size(); ++i) line += fmt::format("{:<{}}  ", row[i], widths[i]);
    std::cout << line << row[4] << (row[5].empty() ? "" : "  ") << row[5] << "\n";
  }
}

ExitCode doctor(const Arguments& arguments) {
  const auto environment = app::read_environment_file(arguments.text("environment"));
  if (!environment.value) return complain(environment.problems);
  const auto split = app::read_split_for(files_named(arguments), *environment.value);
  if (!split.value) return complain(split.problems);
  const auto logins = app::try_logins(*environment.value, *split.value);
  if (!logins) {
    complain(logins.error());
    return ExitCode::not_ready;
  }
  if (arguments.flag("json")) {
    Json list = Json::array();
    for (const auto& login : *logins) list.push_back(checks::json_of(login));
    std::cout << to_text(Json{{"logins", list}}, 2) << "\n";
  } else {
    print(*logins);
  }
  const auto found = checks::judge_logins(*logins);
  return count(found, checks::Severity::blocker) == 0 ? ExitCode::done : ExitCode::not_ready;
}

}  // namespace

Verb doctor_verb() {
  using Kind = Option::Kind;
  return {
      "doctor",
      "Try every login that a window needs, and show who could log in where, as whom, and what fixes the others. "
      "Changes nothing.",
      {environment_option(true), {"--split", Kind::value, "split file (default: the environment's)"}, json_option()},
      doctor};
}

}  // namespace pgcleave::cli
