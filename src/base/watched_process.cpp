#include "base/watched_process.h"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <fstream>
#include <string>

namespace pgcleave {

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
  std::ifstream stat("/proc/" + std::to_string(pid_) + "/stat");
  const std::string text{std::istreambuf_iterator<char>(stat), {}};
  const auto name_ends = text.rfind(") ");  // a name may hold anything
  if (gone() || name_ends == std::string::npos || name_ends + 2 >= text.size()) return false;
  const char state = text[name_ends + 2];
  return state == 'T' || state == 't';
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
