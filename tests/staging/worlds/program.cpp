#include "program.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "../lab/files.h"
#include "../lab/process.h"
#include "../lab/user.h"

extern char** environ;

namespace pgcleave_worlds {

Ended run_program(const std::vector<std::string>& arguments, const std::filesystem::path& log,
                  std::chrono::seconds limit, const std::map<std::string, std::string>& environment,
                  std::chrono::milliseconds kill_after) {
  pgcleave_lab::Command command;
  command.arguments = arguments;
  command.folder = log.parent_path();
  command.log = log;
  for (char** entry = environ; *entry; ++entry) {
    const std::string text = *entry;
    if (const auto equals = text.find('='); equals != std::string::npos)
      command.environment[text.substr(0, equals)] = text.substr(equals + 1);
  }
  for (const auto& [name, value] : environment) command.environment[name] = value;
  std::filesystem::remove(log);
  const auto process = pgcleave_lab::start_process(command, pgcleave_lab::me());
  const auto began = std::chrono::steady_clock::now();
  Ended ended;
  bool killed = false;
  int status = 0;
  while (::waitpid(process.pid, &status, WNOHANG) == 0) {
    const auto passed = std::chrono::steady_clock::now() - began;
    if (!killed && (passed > limit || (kill_after.count() > 0 && passed > kill_after))) {
      ended.timed_out = passed > limit;
      ::kill(process.pid, SIGKILL);
      killed = true;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  ended.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  ended.output = pgcleave_lab::read_file_or_empty(log);
  return ended;
}

}  // namespace pgcleave_worlds
