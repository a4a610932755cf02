#include "base/machine/watched_process.h"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

namespace pgcleave {
namespace {

// As /proc tells; 0 where there is none.
char state_in(const std::string& folder) {
  std::ifstream stat(folder + "/stat");
  const std::string text{std::istreambuf_iterator<char>(stat), {}};
  const auto name_ends = text.rfind(") ");  // a name may hold anything
  return name_ends == std::string::npos || name_ends + 2 >= text.size() ? '\0' : text[name_ends + 2];
}

}  // namespace

WatchedProcess WatchedProcess::parent(int pid) {
  Fd fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  // Asked after it was opened: as long as it is the parent, the descriptor is the parent's.
  if (::getppid() != pid) fd.close();
  return {pid, std::move(fd)};
}

bool WatchedProcess::gone() const {
  if (!fd_.is_open()) return true;
  pollfd exit{fd_.number(), POLLIN, 0};
  return ::poll(&exit, 1, 0) == 1;
}

bool WatchedProcess::stopped() const {
  const char state = state_in("/proc/" + std::to_string(pid_));
  return !gone() && (state == 'T' || state == 't');
}

bool WatchedProcess::has_ended() const {
  return gone() || (state_in("/proc/" + std::to_string(pid_)) == 'Z' && is_only_in_kernel());
}

// Seen twice: a thread may be in state D for an instant only.
bool WatchedProcess::is_only_in_kernel() const {
  for (int look = 0; look < 2; ++look) {
    if (look > 0) Monotonic::sleep_for(std::chrono::milliseconds(20));
    std::error_code none;
    for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(pid_) + "/task", none)) {
      const char state = state_in(task.path());
      if (state != 'D' && state != 'Z' && state != 'X' && state != '\0') return false;
    }
  }
  return true;
}

void WatchedProcess::kill() const {
  if (fd_.is_open()) ::syscall(SYS_pidfd_send_signal, fd_.number(), SIGKILL, nullptr, 0);
}

void WatchedProcess::watch(int other, Duration nap) const {
  std::array<pollfd, 2> news{{{fd_.number(), POLLIN, 0}, {other, POLLIN, 0}}};
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(nap).count();
  ::poll(news.data(), news.size(), static_cast<int>(std::clamp<std::int64_t>(ms, 0, 1000)));
}

}  // namespace pgcleave
