#include "base/process.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/child.h"
#include "base/format.h"

namespace pgcleave {
namespace {

constexpr Duration grace = std::chrono::milliseconds(500);

// A file in memory, not a pipe: a child that never reads it blocks nobody, and one that ends early raises no SIGPIPE
// here.
Result<Fd> input_of(const Command& command) {
  Fd input(command.input.empty() ? ::open("/dev/null", O_RDONLY | O_CLOEXEC) : ::memfd_create("input", MFD_CLOEXEC));
  std::size_t written = 0;
  while (input.is_open() && written < command.input.size()) {
    const auto count = ::write(input.number(), command.input.data() + written, command.input.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) break;
    written += static_cast<std::size_t>(count);
  }
  if (written < command.input.size() || ::lseek(input.number(), 0, SEEK_SET) < 0) {
    return fail({ErrorKind::failed, "command " + command.argv.at(0), "its input can't be prepared", "",
                 std::strerror(errno), "", ""});
  }
  return input;
}

void keep(Finished& finished, std::size_t limit) {
  if (finished.output.size() <= limit) return;
  finished.output.resize(limit);
  finished.truncated = true;
}

Result<Finished> finish(Child& child, const Command& command, Finished finished) {
  // What it wrote is in the pipe. A process that it left behind may write on for ever, so this is bounded by what a
  // pipe holds.
  for (int chunk = 0; chunk < 16 && child.read(finished.output); ++chunk) keep(finished, command.output_limit_bytes);
  const auto code = child.reap();
  if (!code)
    return fail(
        {ErrorKind::unknown, "command " + command.argv[0], "ended, but its exit status was lost", "", "", "", ""});
  finished.exit_code = *code;
  return finished;
}

Error ended_by_us(const Command& command, bool stopped) {
  return Error{ErrorKind::unknown,
               "command " + command.argv[0],
               stopped ? "was ended because a stop was requested" : "was ended because it did not finish in time",
               "",
               "",
               "it may have done its work: look before you run it again",
               ""};
}

Result<void> time_left(const Command& command, Deadline deadline, const StopFlag* stop) {
  const bool stopped = stop != nullptr && stop->requested();
  if (!stopped && !deadline.passed()) return {};
  return fail({stopped ? ErrorKind::interrupted : ErrorKind::timed_out, "command " + command.argv[0], "was not started",
               "time left before its deadline", stopped ? "a stop was requested" : "none", "", ""});
}

}  // namespace

Result<Finished> run_command(const Command& command, Deadline deadline, const StopFlag* stop) {
  if (command.argv.empty())
    return fail({ErrorKind::invalid, "command", "has no words", "a program and its arguments", "", "", ""});
  TRY(time_left(command, deadline, stop));
  TRY_ASSIGN(Fd input, input_of(command));
  TRY_ASSIGN(Child child, Child::start(command.argv, command.env, std::move(input)));
  Finished finished;
  while (true) {
    child.watch(std::min(stop_is_noticed_in, deadline.left()));
    const bool exited = child.exited();
    child.read(finished.output);
    keep(finished, command.output_limit_bytes);
    if (exited) return finish(child, command, std::move(finished));
    const bool stopped = stop != nullptr && stop->requested();
    if (!stopped && !deadline.passed()) continue;
    child.end(grace);
    return fail(ended_by_us(command, stopped));
  }
}

}  // namespace pgcleave
