// Other programs: a command that is run to its end, and a shell that stays open.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/deadline.h"
#include "base/result.h"

namespace pgcleave {

struct Command {
  std::vector<std::string> argv;              // argv[0] is looked up in PATH; no shell in between
  std::map<std::string, std::string> env;     // added to this process's environment; the place for secrets, never argv
  std::string input;                          // given on standard input, which is then closed
  std::size_t output_limit_bytes = 1U << 20;  // what comes beyond is read and dropped, so that the child never blocks
};

struct Finished {
  int exit_code = 0;   // 128 + signal number when it was killed
  std::string output;  // stdout and stderr as they came
  bool truncated = false;
};

// Blocks until the command ends. Past the deadline, or when a stop is requested: SIGTERM to its process group, SIGKILL
// 500 ms later, and `unknown` (it may have done its work). `failed` when it can't be started; `timed_out` or
// `interrupted` when it was not even tried. A non-zero exit is no error. What a command leaves in the background is not
// waited for.
Result<Finished> run_command(const Command& command, Deadline deadline, const StopFlag* stop);

// A POSIX shell that is started once and then answers a line at a time, without the cost of a new process or a new ssh
// login in the middle of a window. `prefix` is put before `sh`: {} for this machine, {"ssh", "host"} for another.
class Shell {
 public:
  static Result<Shell> open(const std::vector<std::string>& prefix, Deadline deadline);
  Shell(Shell&&) noexcept;
  Shell& operator=(Shell&&) noexcept;
  ~Shell();

  // Runs one line, in a subshell (cd and variables don't last) without standard input. Returns what it printed, at most
  // 1 MiB, stderr included; `failed` with its output on a non-zero exit, `unknown` when the answer does not come in
  // time. After `unknown` the shell is closed; open a new one.
  Result<std::string> run(const std::string& line, Deadline deadline);

  // A word that the shell takes literally.
  static std::string quote(const std::string& word);

 private:
  struct State;
  explicit Shell(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace pgcleave
