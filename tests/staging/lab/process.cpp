#include "process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <sstream>

#include "error.h"
#include "files.h"

namespace pgcleave_lab {
namespace {

struct Stat {
  char state = 'Z';
  pid_t parent = 0;
  unsigned long long start = 0;
};

Stat stat_of(pid_t pid) {
  const std::string text = read_file_or_empty(fmt::format("/proc/{}/stat", pid));
  const auto name_end = text.rfind(')');  // the name may hold spaces and brackets
  if (name_end == std::string::npos) return {};
  std::istringstream fields(text.substr(name_end + 1));
  Stat stat;
  std::string skipped;
  fields >> stat.state >> stat.parent;
  for (int field = 5; field < 22; ++field) fields >> skipped;
  fields >> stat.start;
  return stat;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

// Runs in the child: only system calls.
[[noreturn]] void become(const User& user, const char* folder, int log, int report, char** arguments,
                         char** environment) {
  const int silence = ::open("/dev/null", O_RDONLY);
  ::setsid();
  struct sigaction standard{};
  standard.sa_handler = SIG_DFL;
  for (const int signal : {SIGINT, SIGTERM, SIGPIPE, SIGCHLD}) ::sigaction(signal, &standard, nullptr);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::umask(077);
  const bool ready =
      ::dup2(silence, 0) >= 0 && ::dup2(log, 1) >= 0 && ::dup2(log, 2) >= 0 &&
      (!user.drop || (::setgroups(0, nullptr) == 0 && ::setgid(user.gid) == 0 && ::setuid(user.uid) == 0)) &&
      ::chdir(folder) == 0;
  if (ready) ::execve(arguments[0], arguments, environment);
  const int reason = errno;
  [[maybe_unused]] const auto told = ::write(report, &reason, sizeof reason);
  ::_exit(127);
}

}  // namespace

ProcessId identify(pid_t pid) {
  const Stat stat = stat_of(pid);
  return stat.state == 'Z' || stat.state == 'X' ? ProcessId{pid, 0} : ProcessId{pid, stat.start};
}

bool is_alive(const ProcessId& id) {
  return id.pid > 1 && id.start != 0 && identify(id.pid).start == id.start;
}

std::string still_there(const std::vector<ProcessId>& processes) {
  for (const ProcessId& id : processes)
    if (is_alive(id)) return fmt::format("process {} is still there", id.pid);
  return {};
}

bool send_signal(const ProcessId& id, int signal) {
  return is_alive(id) && ::kill(id.pid, signal) == 0;
}

ProcessId start_process(const Command& command, const User& user) {
  const int log = ::open(command.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
  if (log < 0) fail("cannot open {}: {}", command.log.string(), std::strerror(errno));
  give_to(log, user);
  int report[2];
  if (::pipe2(report, O_CLOEXEC) != 0) fail("cannot make a pipe: {}", std::strerror(errno));
  std::vector<std::string> arguments = command.arguments, settings;
  for (const auto& [name, value] : command.environment) settings.push_back(name + "=" + value);
  auto argument_pointers = pointers(arguments), setting_pointers = pointers(settings);
  const std::string folder = command.folder.string();

  const pid_t pid = ::fork();
  if (pid == 0) become(user, folder.c_str(), log, report[1], argument_pointers.data(), setting_pointers.data());
  const int fork_error = errno;
  ::close(log);
  ::close(report[1]);
  int reason = 0;
  const auto got = pid > 0 ? ::read(report[0], &reason, sizeof reason) : 0;
  ::close(report[0]);
  if (pid < 0) fail("cannot fork: {}", std::strerror(fork_error));
  if (got > 0) {
    ::waitpid(pid, nullptr, 0);
    fail("cannot start {}: {}", command.arguments.front(), std::strerror(reason));
  }
  return identify(pid);
}

std::vector<ProcessId> all_processes() {
  std::vector<ProcessId> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const pid_t pid = std::atoi(entry.path().filename().c_str());
    if (pid > 1)
      if (const ProcessId id = identify(pid); id.start != 0) found.push_back(id);
  }
  return found;
}

std::vector<ProcessId> with_descendants(const ProcessId& root) {
  std::vector<ProcessId> family{root};
  const auto everyone = all_processes();
  for (std::size_t next = 0; next < family.size(); ++next)
    for (const ProcessId& id : everyone)
      if (stat_of(id.pid).parent == family[next].pid) family.push_back(id);
  return family;
}

std::string environment_of(pid_t pid, const std::string& variable) {
  const std::string text = '\0' + read_file_or_empty(fmt::format("/proc/{}/environ", pid));
  const std::string start = '\0' + variable + "=";
  const auto found = text.find(start);
  if (found == std::string::npos) return {};
  const auto begin = found + start.size();
  return text.substr(begin, text.find('\0', begin) - begin);
}

ProcessId postmaster_of(const std::filesystem::path& data_folder) {
  const pid_t pid = std::atoi(read_file_or_empty(data_folder / "postmaster.pid").c_str());
  if (pid <= 1) return {};
  const ProcessId id = identify(pid);
  std::error_code error;
  const auto stands_in = std::filesystem::read_symlink(fmt::format("/proc/{}/cwd", pid), error);
  return !error && stands_in == data_folder ? id : ProcessId{pid, 0};
}

}  // namespace pgcleave_lab
