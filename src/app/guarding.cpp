#include "app/guarding.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/fields.h"
#include "base/format.h"
#include "base/log.h"
#include "base/outside.h"

namespace pgcleave::app {

namespace {

constexpr auto patience_with_guard = std::chrono::seconds(20);
constexpr auto patience_with_systemd = std::chrono::seconds(5);
constexpr auto patience_with_the_pipe = std::chrono::seconds(1);

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

// Outside of this process's control group, where that can be; clients that wait already wait for no systemd.
Result<void> Guard::start(bool clients_wait) {
  dismiss();
  if (clients_wait) return start_as({});
  static const auto tried = try_outside(Deadline::in(patience_with_systemd));
  static int number = 0;
  if (tried.outside) {
    TRY(start_as(outside_words(fmt::format("pgcleave-guard-{}-{}-{}", run_, ::getpid(), ++number))));
    const auto ready = await_ready(Deadline::in(patience_with_guard));
    if (ready || !child_->exited()) return ready;
  }
  TRY(start_as({}));
  TRY(await_ready(Deadline::in(patience_with_guard)));
  static const bool said = [&] {
    const auto own = control_group_of(::getpid());
    if (is_outside(control_group_of(child_->pid()), own)) return false;
    log::warn(fmt::format("the guard runs in the control group of this run, {}: what ends all of it ends both ({})",
                          own, tried.why));
    return true;
  }();
  static_cast<void>(said);
  return {};
}

Result<void> Guard::start_as(const std::vector<std::string>& words) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail(no_guard("can't be started", std::strerror(errno)));
  Fd input(ends[0]);
  to_guard_ = Fd(ends[1]);
  ::fcntl(to_guard_.number(), F_SETFL, O_NONBLOCK);
  // The program that runs, whatever its file has been replaced by meanwhile.
  auto argv = words;
  const auto self = std::to_string(::getpid());
  for (const auto& word : {"/proc/" + self + "/exe", std::string("guard"), run_, std::string("--journal"), journal_,
                           std::string("-e"), environment_, std::string("--runner"), self})
    argv.push_back(word);
  TRY_ASSIGN(auto child, Child::start(argv, {}, std::move(input), Child::Errors::inherited));
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
    if (deadline.passed())
      return fail(no_guard("did not come", "no answer within " + to_text(Duration(patience_with_guard))));
    child_->watch(std::min<Duration>(deadline.left(), std::chrono::milliseconds(200)));
  }
}

Result<void> Guard::tell(const std::string& line) {
  std::size_t told = 0;
  const auto deadline = Deadline::in(patience_with_the_pipe);
  while (child_ && !child_->exited()) {
    const auto count = ::write(to_guard_.number(), line.data() + told, line.size() - told);
    if (count > 0) told += static_cast<std::size_t>(count);
    if (told == line.size()) return {};
    if (count < 0 && errno != EAGAIN && errno != EINTR) break;
    if (deadline.passed()) return fail(no_guard("does not listen", "what it was told before is still in its pipe"));
    pollfd room{to_guard_.number(), POLLOUT, 0};
    ::poll(&room, 1, 10);
  }
  return fail(no_guard("is gone", "it ended"));
}

void Guard::say_alive() {
  if (!child_ || Monotonic::now() - said_alive_ < std::chrono::seconds(1)) return;
  said_alive_ = Monotonic::now();
  const std::string line = "alive\n";
  // Where its pipe is full it has news enough.
  if (::write(to_guard_.number(), line.data(), line.size()) < 0) errno = 0;
}

void Guard::dismiss() {
  if (child_) static_cast<void>(tell("dismissed\n"));
  to_guard_.close();
  if (child_ && child_->exited()) child_->reap();
  child_.reset();
}

engine::GuardHooks Guard::hooks() {
  return {[this](const runbook::Phase&, bool clients_wait) -> Result<void> { return start(clients_wait); },
          [this](Duration longest_stop) { return tell(fmt::format("longest {}\n", longest_stop.count())); },
          [this](const journal::Event& entered) { return tell(entered_line(entered)); }, [this] { say_alive(); },
          [this] { dismiss(); }};
}

namespace {

const std::string longest_word = "longest ";
const std::string entered_word = "entered ";

}  // namespace

std::string entered_line(const journal::Event& entered) {
  return entered_word + to_text(Json{{"run", entered.run}, {"at_us", entered.at_us}, {"data", entered.data}}) + "\n";
}

void Orders::read() {
  std::array<char, 65536> chunk{};
  pollfd input{STDIN_FILENO, POLLIN, 0};
  while (!ended_ && ::poll(&input, 1, 0) == 1) {
    const auto count = ::read(STDIN_FILENO, chunk.data(), chunk.size());
    if (count <= 0) ended_ = true;
    if (count > 0) text_.append(chunk.data(), static_cast<std::size_t>(count));
  }
  for (auto end = text_.find('\n'); end != std::string::npos; end = text_.find('\n')) {
    hear(text_.substr(0, end));
    text_.erase(0, end + 1);
  }
}

void Orders::hear(const std::string& line) {
  heard_at_ = Monotonic::now();
  if (line == "dismissed") dismissed_ = true;
  if (line.starts_with(longest_word))
    longest_ = Deadline::in(Duration(std::strtoll(line.c_str() + longest_word.size(), nullptr, 10)));
  if (!line.starts_with(entered_word)) return;
  const auto told = Json::parse(line.substr(entered_word.size()), nullptr, false);
  if (!told.is_object()) return;
  entered_ = journal::Event{0, text_in(told, "run"), static_cast<std::int64_t>(number_in(told, "at_us")),
                            0, "window.entered",     object_in(told, "data"),
                            ""};
}

}  // namespace pgcleave::app
