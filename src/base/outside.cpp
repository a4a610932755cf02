#include "base/outside.h"

#include <pwd.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <sstream>

#include "base/file.h"
#include "base/format.h"
#include "base/process.h"

namespace pgcleave {
namespace {

std::string group_in(const std::string& text) {
  std::string unified;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const auto second = line.find(':', line.find(':') + 1);
    if (line.find(':') == std::string::npos || second == std::string::npos) continue;
    if (line.find(":name=systemd:") != std::string::npos) return line.substr(second + 1);
    if (line.starts_with("0::")) unified = line.substr(second + 1);
  }
  return unified;
}

std::string first_line(const std::string& text) {
  return printable(text.substr(0, text.find('\n')));
}

// https://www.freedesktop.org/software/systemd/man/latest/loginctl.html: without lingering a user's manager, and all
// that it runs, ends with the user's last session.
bool user_manager_stays() {
  const auto* user = ::getpwuid(::getuid());
  return user != nullptr && exists(std::string("/var/lib/systemd/linger/") + user->pw_name);
}

}  // namespace

std::vector<std::string> outside_words(const std::string& name) {
  std::vector<std::string> words{"systemd-run"};
  if (::geteuid() != 0 && user_manager_stays()) words.emplace_back("--user");
  for (const auto& word : {"--scope", "--quiet", "--collect", "--no-ask-password"}) words.emplace_back(word);
  words.push_back("--unit=" + name);
  words.emplace_back("--");
  return words;
}

std::string control_group_of(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/cgroup");
  return group_in(std::string{std::istreambuf_iterator<char>(file), {}});
}

bool is_outside(const std::string& group, const std::string& other) {
  if (group.empty() || other.empty() || group == other) return false;
  return other == "/" || !group.starts_with(other + "/");
}

std::string TriedOutside::text() const {
  if (outside)
    return fmt::format("a process was started in the control group {}, outside of this one's, {}", group, own);
  return fmt::format("no process could be started outside of this one's control group, {}: {}",
                     own.empty() ? "which can't be read" : own, why);
}

TriedOutside try_outside(Deadline deadline) {
  TriedOutside tried;
  tried.own = control_group_of(::getpid());
  auto command = Command{outside_words(fmt::format("pgcleave-try-{}", ::getpid())), {}, "", 1U << 16};
  command.argv.insert(command.argv.end(), {"cat", "/proc/self/cgroup"});
  const auto ran = run_command(command, deadline, nullptr);
  if (!ran) {
    tried.why = ran.error().text();
    return tried;
  }
  if (ran->exit_code != 0) {
    tried.why = "systemd-run: " + first_line(ran->output);
    if (::geteuid() != 0 && !user_manager_stays())
      tried.why += " (this user's own manager ends with its sessions: loginctl enable-linger)";
    return tried;
  }
  tried.group = group_in(ran->output);
  tried.outside = is_outside(tried.group, tried.own);
  if (!tried.outside)
    tried.why = "systemd-run started it in " + (tried.group.empty() ? "one that can't be read" : tried.group);
  return tried;
}

}  // namespace pgcleave
