#include "failing_disk.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <optional>
#include <string>

namespace pgcleave::engine {
namespace {

struct Plan {
  DiskFault fault;
  int left;
  std::function<void()> at_fault;
  bool failed = false;
};

std::optional<Plan> plan;
std::atomic<bool> hung{false};

bool is_journal(int fd) {
  std::array<char, 512> path{};
  const auto link = "/proc/self/fd/" + std::to_string(fd);
  if (::readlink(link.c_str(), path.data(), path.size() - 1) < 0) return false;
  return std::string(path.data()).find("/journal.db") != std::string::npos;
}

bool counts(DiskFault fault, bool is_sync) {
  return (fault == DiskFault::no_sync) == is_sync;
}

// Does this operation fail?
bool fails(int fd, bool is_sync) {
  if (!plan || !counts(plan->fault, is_sync) || !is_journal(fd)) return false;
  if (plan->failed) return plan->fault == DiskFault::full;
  if (--plan->left > 0) return false;
  plan->failed = true;
  if (plan->at_fault) plan->at_fault();
  return true;
}

int error_of(DiskFault fault) {
  return fault == DiskFault::full ? ENOSPC : EIO;
}

}  // namespace

void hang_disk() {
  hung = true;
}

void fail_disk_at(DiskFault fault, int n, std::function<void()> at_fault) {
  plan = Plan{fault, n, std::move(at_fault)};
}

void repair_disk() {
  plan.reset();
  hung = false;
}

bool disk_has_failed() {
  return plan && plan->failed;
}

namespace {

ssize_t write_or_fail(int fd, const void* data, std::size_t size, std::optional<off64_t> at) {
  while (hung && is_journal(fd)) ::usleep(500);
  const auto really = [&](std::size_t bytes) {
    return at ? ::syscall(SYS_pwrite64, fd, data, bytes, *at) : ::syscall(SYS_write, fd, data, bytes);
  };
  if (!fails(fd, false)) return really(size);
  if (plan->fault == DiskFault::failed_once) really(size / 2);
  errno = error_of(plan->fault);
  return -1;
}

int sync_or_fail(int number, int fd) {
  if (!fails(fd, true)) return static_cast<int>(::syscall(number, fd));
  errno = EIO;
  return -1;
}

}  // namespace
}  // namespace pgcleave::engine

// SQLite is linked as a shared library and finds these first. They are what Debian's 3.40 calls.
extern "C" ssize_t pwrite64(int fd, const void* data, std::size_t size, off64_t at) {
  return pgcleave::engine::write_or_fail(fd, data, size, at);
}
extern "C" ssize_t write(int fd, const void* data, std::size_t size) {
  return pgcleave::engine::write_or_fail(fd, data, size, {});
}
extern "C" int fdatasync(int fd) {
  return pgcleave::engine::sync_or_fail(SYS_fdatasync, fd);
}
extern "C" int fsync(int fd) {
  return pgcleave::engine::sync_or_fail(SYS_fsync, fd);
}
