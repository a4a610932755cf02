#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <random>
#include <utility>

#include "base/fields.h"
#include "base/format.h"
#include "journal/journal.h"

namespace pgcleave::journal {
namespace {

// is_held() takes the lock for an instant, and a new holder needs one to write its name: look for this long.
constexpr Duration settle = std::chrono::milliseconds(200);
constexpr Duration nap = std::chrono::milliseconds(5);

std::string lock_path(const std::string& journal_path, const std::string& split) {
  return journal_path + "." + split + ".lock";
}

bool names_a_file(const std::string& split) {
  return !split.empty() && std::all_of(split.begin(), split.end(),
                                       [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-'; });
}

std::string host_name() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

Result<void> sign(int fd, const std::string& path, const std::string& run) {
  const Json holder{{"pid", ::getpid()}, {"run", run}, {"since", utc_now()}, {"host", host_name()}};
  const std::string text = to_text(holder) + "\n";
  if (::ftruncate(fd, 0) == 0 && ::pwrite(fd, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()))
    return {};
  return fail({ErrorKind::failed, path, "the lock file can't be written", "", std::strerror(errno), "", ""});
}

Json holder_of(int fd) {
  std::array<char, 1024> text{};
  const auto count = ::pread(fd, text.data(), text.size(), 0);
  auto holder =
      Json::parse(std::string(text.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0))), nullptr, false);
  return holder.is_object() ? holder : Json::object();
}

// What a holder that was killed left behind is not the name of the one who holds it now.
bool is_alive(const Json& holder) {
  if (small_in(holder, "pid") <= 0) return false;
  if (text_in(holder, "host") != host_name()) return true;
  return ::kill(small_in(holder, "pid"), 0) == 0 || errno == EPERM;
}

Error held_by(const Json& holder, const std::string& split) {
  const std::string run = text_in(holder, "run");
  Error error{ErrorKind::held,
              "split " + split,
              "another run holds it",
              "",
              "a holder that did not write its name",
              "pgcleave runs",
              ""};
  if (run.empty()) return error;
  error.seen = fmt::format("run {}, pid {} on {}, since {}", run, small_in(holder, "pid"), text_in(holder, "host", "?"),
                           text_in(holder, "since", "?"));
  error.hint = "wait until it ends, or look at it: pgcleave status " + run;
  return error;
}

}  // namespace

SplitLock::SplitLock(int fd) : fd_(fd) {}
SplitLock::SplitLock(SplitLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
SplitLock& SplitLock::operator=(SplitLock&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

SplitLock::~SplitLock() {
  if (fd_ < 0) return;
  // The file stays: who removes it could remove one that another process has opened and is about to lock.
  if (::ftruncate(fd_, 0) != 0) errno = 0;
  ::close(fd_);
}

Result<SplitLock> SplitLock::take(const std::string& journal_path, const std::string& split, const std::string& run,
                                  int gone) {
  if (!names_a_file(split)) {
    return fail({ErrorKind::invalid, "split '" + split + "'", "can't name a lock file", "letters, digits, _ and -", "",
                 "", ""});
  }
  const auto path = lock_path(journal_path, split);
  SplitLock lock(::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (lock.fd_ < 0)
    return fail({ErrorKind::failed, path, "the lock file can't be opened", "", std::strerror(errno), "", ""});
  const auto deadline = Deadline::in(settle);
  while (::flock(lock.fd_, LOCK_EX | LOCK_NB) != 0) {
    const auto holder = holder_of(lock.fd_);
    if (gone != 0 && small_in(holder, "pid") == gone && text_in(holder, "host") == host_name()) {
      Monotonic::sleep_for(nap);
      continue;
    }
    if (deadline.passed() || is_alive(holder)) {
      ::close(std::exchange(lock.fd_, -1));
      return fail(held_by(holder, split));
    }
    sleep_until(deadline, nap, nullptr);
  }
  TRY(sign(lock.fd_, path, run));
  return lock;
}

bool SplitLock::is_held(const std::string& journal_path, const std::string& split) {
  const int fd = ::open(lock_path(journal_path, split).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool held = ::flock(fd, LOCK_SH | LOCK_NB) != 0;
  ::close(fd);
  return held;
}

std::string new_id(const std::string& letter) {
  std::string now = utc_now();  // 2026-11-21T19:44:26.123456Z
  now.resize(19);
  std::erase_if(now, [](char c) { return c == '-' || c == ':'; });
  now.replace(now.find('T'), 1, "-");
  std::random_device random;
  return fmt::format("{}-{}-{:04x}", letter, now, random() & 0xffff);
}

}  // namespace pgcleave::journal
