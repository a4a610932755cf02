#include "cli/guarding.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/format.h"

namespace pgcleave::cli {
namespace {

constexpr auto patience = std::chrono::seconds(20);

Error no_guard(const std::string& what, const std::string& seen) {
  return {ErrorKind::not_ready,
          "guard",
          what,
          "a guard that brings clients back should this process die",
          seen,
          "what it said stands above; nobody's clients wait without a guard",
          ""};
}

}  // namespace

Guard::Guard(std::string run, std::string journal, std::string environment)
    : run_(std::move(run)), journal_(std::move(journal)), environment_(std::move(environment)) {}

Guard::~Guard() {
  // Its end of the pipe is closed by that; whether this process has died, or ended in order, it sees for itself.
  if (child_ && child_->exited()) child_->reap();
}

Result<void> Guard::start() {
  dismiss();
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail(no_guard("can't be started", std::strerror(errno)));
  Fd input(ends[0]);
  to_guard_ = Fd(ends[1]);
  // The program that runs, whatever its file has been replaced by meanwhile.
  TRY_ASSIGN(auto child, Child::start({"/proc/self/exe", "guard", run_, "--journal", journal_, "-e", environment_, "--runner",
                                       std::to_string(::getpid())},
                                      {}, std::move(input), Child::Errors::inherited));
  child_.emplace(std::move(child));
  return {};
}

Result<void> Guard::await_ready(Deadline deadline) {
  std::string said;
  while (true) {
    while (child_->read(said)) {
    }
    if (said.find("ready\n") != std::string::npos) return {};
    if (child_->exited()) return fail(no_guard("could not open all that it needs", "it ended"));
    if (deadline.passed()) return fail(no_guard("did not come", "no answer within " + to_text(Duration(patience))));
    child_->watch(std::min<Duration>(deadline.left(), std::chrono::milliseconds(200)));
  }
}

Result<void> Guard::tell(const std::string& line) {
  if (child_ && !child_->exited() && ::write(to_guard_.number(), line.data(), line.size()) == static_cast<ssize_t>(line.size())) return {};
  return fail(no_guard("is gone", "it ended"));
}

void Guard::dismiss() {
  if (child_) static_cast<void>(tell("dismissed\n"));
  to_guard_.close();
  if (child_ && child_->exited()) child_->reap();
  child_.reset();
}

engine::Guarding Guard::hooks() {
  return {[this](const runbook::Phase&, bool clients_wait) -> Result<void> {
            TRY(start());
            return clients_wait ? Result<void>() : await_ready(Deadline::in(patience));
          },
          [this](Duration longest_stop) { return tell(fmt::format("longest {}\n", longest_stop.count())); }, [this] { dismiss(); }};
}

}  // namespace pgcleave::cli
