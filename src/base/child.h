// A child process in a session of its own, watched without blocking. What run_command and Shell are made of.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/deadline.h"
#include "base/result.h"

namespace pgcleave {

// Owns a file descriptor.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int number) : number_(number) {}
  Fd(Fd&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Fd() { close(); }
  [[nodiscard]] int number() const { return number_; }
  [[nodiscard]] bool is_open() const { return number_ >= 0; }
  void close();

 private:
  int number_ = -1;
};

constexpr Duration stop_is_noticed_in = std::chrono::milliseconds(20);  // by whoever waits for a child

// Its session has no terminal: ctrl-C does not reach it, and ssh inside it cannot ask for a password. Nothing here
// blocks longer than it says, whatever the child does. Destroying a Child leaves the process alone: call end() first.
class Child {
 public:
  enum class Errors { with_output, inherited };
  // argv[0] without a slash is looked up in PATH. stdout and stderr go into one pipe, unless stderr is this process's
  // own. `failed` when it can't be started.
  static Result<Child> start(const std::vector<std::string>& argv, const std::map<std::string, std::string>& env,
                             Fd input, Errors errors = Errors::with_output);

  [[nodiscard]] int pid() const { return pid_; }
  // Returns when there is output, when the child exited, or after `longest` (of which a second is the most).
  void watch(Duration longest) const;
  // Appends what the pipe holds now, 64 KiB at most; false when it was empty or has ended.
  bool read(std::string& output);
  // Exited, but still to be reaped: until then its process group can't become somebody else's.
  [[nodiscard]] bool exited() const;
  // After exited(): 128 + signal number when it was killed. Nothing when someone else took the status (SIGCHLD
  // ignored).
  std::optional<int> reap();
  // SIGTERM to the group, SIGKILL `grace` later to what is left of it. Blocks for grace + 500 ms at most: a process
  // that the kernel does not let go (a dead NFS server) is left behind.
  void end(Duration grace);

 private:
  Child(int pid, Fd output);
  int pid_;  // and the number of its group; 0 when reaped
  Fd exit_;  // becomes readable when it exits
  Fd output_;
};

}  // namespace pgcleave
