// How a run speaks at a terminal: lines on standard error, questions only when somebody can answer.
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <iostream>

#include "base/format.h"
#include "base/log.h"
#include "cli/session.h"

namespace pgcleave::cli {

std::string operator_name() {
  const auto* user = ::getpwuid(::getuid());
  char host[256] = {};
  ::gethostname(host, sizeof host - 1);
  return std::string(user != nullptr ? user->pw_name : "uid " + std::to_string(::getuid())) + "@" + host;
}

std::string journal_identity(const journal::Journal& journal) {
  std::error_code unknown;
  const auto whole = std::filesystem::canonical(journal.path(), unknown);
  const auto path = unknown ? journal.path() : whole.string();
  // The number is given again when a file was removed: when the file was made tells them apart, where the file system
  // keeps that. The device is left out: its number may be another after a reboot.
  struct statx file{};
  if (::statx(AT_FDCWD, path.c_str(), 0, STATX_INO | STATX_BTIME, &file) != 0) return path;
  const auto made = (file.stx_mask & STATX_BTIME) == 0
                        ? ""
                        : fmt::format(" of {}.{:09}", file.stx_btime.tv_sec, file.stx_btime.tv_nsec);
  return fence::journal_of_file(path, fmt::format("{}{}", file.stx_ino, made));
}

std::string again(const Arguments& arguments, const std::string& environment) {
  const auto journal = arguments.text("journal");
  return (environment.empty() ? "" : " -e " + environment) + (journal.empty() ? "" : " --journal " + journal);
}

namespace {

// Without a restart, so that ctrl-C at the question is heard.
bool somebody_types() {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  while (!stop_flag().requested()) {
    if (::poll(&input, 1, 200) > 0) return true;
  }
  return false;
}

}  // namespace

engine::RunOutput talk(const Arguments& arguments, const std::string& environment) {
  engine::RunOutput talk;
  talk.again = again(arguments, environment);
  talk.say = [](const std::string& text) { log::info(text); };
  talk.warn = [](const std::string& text) { log::warn(text); };
  talk.progress = [](const std::string& text) { log::info("    ... " + printable(text)); };
  if (::isatty(STDIN_FILENO) != 0 && ::isatty(STDERR_FILENO) != 0) {
    talk.ask = [](const world::Question& question) -> std::optional<world::Approval> {
      const auto wanted = question.words.empty() ? std::string("approve") : question.words;
      std::cerr << printable(question.text) << "  [type " << printable(wanted) << " to go on] " << std::flush;
      std::string answer;
      if (!somebody_types() || !std::getline(std::cin, answer)) return world::Approval{};
      return world::Approval{answer == wanted, operator_name(), "at the terminal",
                             question.words.empty() ? "" : answer};
    };
  }
  return talk;
}

}  // namespace pgcleave::cli
