#include "cli/talk.h"

#include <poll.h>
#include <unistd.h>

#include <iostream>

#include "app/identity.h"
#include "app/interrupt.h"
#include "base/format.h"
#include "base/log.h"

namespace pgcleave::cli {
namespace {

// Without a restart, so that ctrl-C at the question is heard.
bool somebody_types() {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  while (!app::stop_flag().requested()) {
    if (::poll(&input, 1, 200) > 0) return true;
  }
  return false;
}

}  // namespace

engine::RunOutput talk(const std::string& again) {
  engine::RunOutput talk;
  talk.again = again;
  talk.say = [](const std::string& text) { log::info(text); };
  talk.warn = [](const std::string& text) { log::warn(text); };
  talk.progress = [](const std::string& text) { log::info("    ... " + printable(text)); };
  if (::isatty(STDIN_FILENO) != 0 && ::isatty(STDERR_FILENO) != 0) {
    talk.ask = [](const world::Question& question) -> std::optional<world::Approval> {
      const auto wanted = question.words.empty() ? std::string("approve") : question.words;
      std::cerr << printable(question.text) << "  [type " << printable(wanted) << " to go on] " << std::flush;
      std::string answer;
      if (!somebody_types() || !std::getline(std::cin, answer)) return world::Approval{};
      return world::Approval{answer == wanted, app::operator_name(), "at the terminal",
                             question.words.empty() ? "" : answer};
    };
  }
  return talk;
}

bool confirmed(const config::Environment& environment, const Arguments& arguments) {
  if (!environment.production || arguments.flag("yes")) return true;
  if (::isatty(STDIN_FILENO) == 0) {
    log::error(fmt::format("environment {}: is of class production; confirm with --yes, or type its name at a terminal",
                           environment.name));
    return false;
  }
  std::cerr << "This is production. Type the environment's name (" << environment.name << ") to go on: " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  if (answer == environment.name) return true;
  log::error(Error{ErrorKind::invalid, "environment " + environment.name, "was not confirmed: another name was typed",
                   environment.name, answer,
                   "nothing was begun; give the command again, and type the name as it stands in the environment file",
                   ""}
                 .text());
  return false;
}

ExitCode tell(const app::Acted& acted, bool json) {
  const auto& ending = acted.ending;
  if (json) {
    std::cout << to_text(Json{{"run", acted.run},
                              {"exit", static_cast<int>(ending.exit)},
                              {"text", ending.text},
                              {"truth", ending.state},
                              {"next", ending.next}},
                         2)
              << "\n";
  }
  app::log_ending(acted);
  return ending.exit;
}

}  // namespace pgcleave::cli
