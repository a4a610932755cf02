#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <random>

#include "base/child.h"
#include "base/deadline.h"
#include "base/format.h"
#include "base/process.h"

namespace pgcleave {
namespace {

constexpr std::size_t output_limit_bytes = 1U << 20;
constexpr std::size_t tail_bytes = 128U << 10;

// A command's answer ends with a line that nothing else prints: "<marker> <exit status>".
struct Answer {
  std::string output;
  int exit_code = 0;
};

std::string new_marker() {
  std::random_device random;
  return fmt::format("pgcleave-{:08x}{:08x}", random(), random());
}

// In a subshell, so that `exit`, `cd` and syntax errors stay inside; with eval, because a syntax error would end a
// shell that reads its script from a pipe; without standard input, because that is where the next line comes from.
std::string script(const std::string& line, const std::string& marker) {
  return fmt::format("( eval {} ) </dev/null 2>&1; printf '\\n%s %s\\n' {} $?\n", Shell::quote(line), marker);
}

bool find_answer(const std::string& seen, const std::string& marker, Answer& answer) {
  const std::string start = "\n" + marker + " ";
  const auto from = seen.size() > 2 * tail_bytes ? seen.size() - 2 * tail_bytes : 0;
  const auto at = seen.find(start, from);
  const auto end = at == std::string::npos ? at : seen.find('\n', at + start.size());
  if (end == std::string::npos) return false;
  std::from_chars(seen.data() + at + start.size(), seen.data() + end, answer.exit_code);
  answer.output = seen.substr(0, std::min(at, output_limit_bytes));
  return true;
}

// Drops the middle of a flood: the beginning is what is shown, the marker comes at the end.
void bound(std::string& seen) {
  if (seen.size() > output_limit_bytes + 2 * tail_bytes)
    seen.erase(output_limit_bytes, seen.size() - output_limit_bytes - tail_bytes);
}

std::string shown(const std::string& output) {
  const auto end = output.find_last_not_of(" \n\r\t");
  return end == std::string::npos ? "no output" : output.substr(0, std::min<std::size_t>(end + 1, 500));
}

}  // namespace

struct Shell::State {
  std::string name;
  Child child;
  Fd input;

  ~State() {
    input.close();  // the end of its script; it gets a moment to leave by itself
    for (int i = 0; i < 10 && !child.exited(); ++i) child.watch(std::chrono::milliseconds(10));
    child.end(Duration::zero());
  }

  [[nodiscard]] bool send(const std::string& text, Deadline deadline) const {
    std::size_t sent = 0;
    while (sent < text.size() && !deadline.passed() && !HeededStop::requested()) {
      const auto count = ::send(input.number(), text.data() + sent, text.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (count > 0) sent += static_cast<std::size_t>(count);
      if (count >= 0 || errno == EINTR) continue;
      if (errno != EAGAIN) return false;
      pollfd writable{input.number(), POLLOUT, 0};
      ::poll(&writable, 1, 20);
    }
    return sent == text.size();
  }

  Result<Answer> ask(const std::string& line, Deadline deadline) {
    const auto marker = new_marker();
    const auto error = [&](const std::string& what, const std::string& seen) {
      return fail({ErrorKind::unknown, name, what, "", shown(seen),
                   "the command may have done its work: look before you run it again", ""});
    };
    // Nobody reads it: see what the child had to say before it left.
    if (!send(script(line, marker), deadline))
      deadline = deadline.or_earlier(Deadline::in(std::chrono::milliseconds(500)));
    std::string seen;
    Answer answer;
    while (true) {
      child.watch(std::min(stop_is_noticed_in, deadline.left()));
      const bool last = child.exited() || deadline.passed() || HeededStop::requested();
      // While the output floods, the deadline must still be looked at: hence a bound.
      for (int chunk = 0; chunk < 16 && child.read(seen); ++chunk) bound(seen);
      if (find_answer(seen, marker, answer)) return answer;
      if (last)
        return error(child.exited()      ? "ended before it answered"
                     : deadline.passed() ? "did not answer in time"
                                         : "was not waited for, since a stop was requested",
                     seen);
    }
  }
};

Shell::Shell(std::unique_ptr<State> state) : state_(std::move(state)) {}
Shell::Shell(Shell&&) noexcept = default;
Shell& Shell::operator=(Shell&&) noexcept = default;
Shell::~Shell() = default;

Result<Shell> Shell::open(const std::vector<std::string>& prefix, Deadline deadline) {
  auto argv = prefix;
  argv.emplace_back("sh");
  const std::string name = prefix.empty() ? "shell" : "shell through " + prefix[0];
  // A socket, because send() can be told not to raise SIGPIPE.
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return fail({ErrorKind::failed, name, "can't be started", "", std::strerror(errno), "", ""});
  }
  Fd ours(ends[0]);
  TRY_ASSIGN(Child child, Child::start(argv, {}, Fd(ends[1])));
  Shell shell(std::unique_ptr<State>(new State{name, std::move(child), std::move(ours)}));  // NOLINT(*-make-unique)
  auto first = shell.state_->ask(":", deadline);
  if (!first) {
    return fail({ErrorKind::failed, name, "can't be opened", "an answer from sh",
                 first.error().what + ": " + first.error().seen,
                 prefix.empty()
                     ? ""
                     : "try by hand, without a terminal: " + fmt::format("{}", fmt::join(prefix, " ")) + " true",
                 ""});
  }
  return shell;
}

Result<std::string> Shell::run(const std::string& line, Deadline deadline) {
  if (state_ == nullptr) return fail({ErrorKind::failed, "shell", "is closed", "", "", "open a new one", ""});
  if (line.find('\0') != std::string::npos)
    return fail({ErrorKind::invalid, state_->name, "a line can't hold a NUL byte", "", "", "", ""});
  auto answer = state_->ask(line, deadline);
  if (!answer) {
    state_.reset();
    return fail(std::move(answer.error()));
  }
  if (answer->exit_code == 0) return std::move(answer->output);
  return fail({ErrorKind::failed, state_->name, fmt::format("the command ended with exit code {}", answer->exit_code),
               "exit code 0", shown(answer->output), "", ""});
}

std::string Shell::quote(const std::string& word) {
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace pgcleave
