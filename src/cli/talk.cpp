// How a run speaks at a terminal: lines on standard error, questions only when somebody can answer.
#include <pwd.h>
#include <unistd.h>

#include <iostream>

#include "base/log.h"
#include "cli/session.h"

namespace pgcleave::cli {

std::string operator_name() {
  const auto* user = ::getpwuid(::getuid());
  char host[256] = {};
  ::gethostname(host, sizeof host - 1);
  return std::string(user != nullptr ? user->pw_name : "uid " + std::to_string(::getuid())) + "@" + host;
}

engine::Talk talk(bool may_ask) {
  engine::Talk talk;
  talk.say = [](const std::string& text) { log::info(text); };
  talk.warn = [](const std::string& text) { log::warn(text); };
  talk.progress = [](const std::string& text) { log::info("    ... " + printable(text)); };
  if (may_ask && ::isatty(STDIN_FILENO) != 0 && ::isatty(STDERR_FILENO) != 0) {
    talk.ask = [](const std::string& question) -> std::optional<steps::Approval> {
      std::cerr << printable(question) << "  [type approve to go on] " << std::flush;
      std::string answer;
      if (!std::getline(std::cin, answer)) return steps::Approval{};
      return steps::Approval{answer == "approve", operator_name(), "at the terminal"};
    };
  }
  return talk;
}

}  // namespace pgcleave::cli
