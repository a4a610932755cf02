// The guard: a hidden verb that a run starts before a window, and that outlives it. It has a session of its own, so that neither ctrl-C nor
// a closed terminal reaches it, and connections of its own, opened before clients wait. It only watches, until the runner has died, is
// stopped for longer than the window may last, or has written nothing for long: then it makes sure that the runner is gone, and does what
// `resume` does first: looks at the owners, then undoes or finishes the window. It goes no further, and it never guesses: as long as the
// owners can't be seen it looks again.
#include <poll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <iostream>

#include "base/format.h"
#include "base/log.h"
#include "base/watched_process.h"
#include "cli/taking_up.h"
#include "engine/approvals.h"
#include "steps/serving.h"

namespace pgcleave::cli {
namespace {

constexpr auto nap = std::chrono::milliseconds(50);
// Undoing one step may take ten seconds, and each step is recorded.
constexpr auto longest_silence = std::chrono::seconds(20);
constexpr auto again_after = std::chrono::seconds(1);
constexpr int tries_without_clients = 3;
constexpr auto gives_up_after = std::chrono::minutes(30);

// What the runner says, and whether its end of the pipe is closed.
class Orders {
 public:
  void read() {
    std::array<char, 256> chunk{};
    pollfd input{STDIN_FILENO, POLLIN, 0};
    while (!ended_ && ::poll(&input, 1, 0) == 1) {
      const auto count = ::read(STDIN_FILENO, chunk.data(), chunk.size());
      if (count <= 0) ended_ = true;
      if (count > 0) text_.append(chunk.data(), static_cast<std::size_t>(count));
    }
    dismissed_ = text_.find("dismissed\n") != std::string::npos;
    if (longest_ || text_.rfind("longest ", 0) != 0 || text_.find('\n') == std::string::npos) return;
    longest_ = Deadline::in(Duration(std::strtoll(text_.c_str() + 8, nullptr, 10)));
  }
  [[nodiscard]] bool ended() const { return ended_; }
  [[nodiscard]] bool dismissed() const { return dismissed_; }
  [[nodiscard]] bool too_long() const { return longest_ && longest_->passed(); }

 private:
  std::string text_;
  bool ended_ = false;
  bool dismissed_ = false;
  std::optional<Deadline> longest_;
};

bool left_undone(const engine::RunRecord& record) {
  for (const auto& [phase, window] : record.windows) {
    if (window.open || window.outcome == "failed") return true;
  }
  return false;
}

engine::RunRecord now(const journal::Journal& journal, const std::string& run) {
  const auto events = journal.events(run);
  return events ? engine::replay(*events) : engine::RunRecord{};
}

bool silent(const journal::Journal& journal, const std::string& run) {
  const auto record = now(journal, run);
  return record.open_window() != nullptr && utc_now_us() - record.last_at_us > std::chrono::microseconds(longest_silence).count();
}

engine::Talk speech(const std::string& environment) {
  engine::Talk talk;
  talk.again = " -e " + environment;
  talk.say = [](const std::string& text) { log::info("guard: " + text); };
  talk.warn = [](const std::string& text) { log::warn("guard: " + text); };
  return talk;
}

// No value: it ended in order, or was dismissed.
std::optional<std::string> await_death(const WatchedProcess& runner, const journal::Journal& journal, const std::string& run) {
  Orders orders;
  auto look = Deadline::in(again_after);
  while (true) {
    // What it said last is in the pipe, also when it has gone.
    const bool gone = runner.gone();
    orders.read();
    if (orders.dismissed()) return std::nullopt;
    if (gone) return "died";
    if (orders.ended()) {
      // A process that dies closes its files before it is gone.
      runner.watch(-1, again_after);
      if (runner.gone()) return "died";
      return std::nullopt;
    }
    if (orders.too_long() && runner.stopped()) return "was stopped for longer than the window may last";
    if (orders.too_long() && look.passed()) {
      if (silent(journal, run)) return "has recorded nothing for " + to_text(Duration(longest_silence));
      look = Deadline::in(again_after);
    }
    runner.watch(STDIN_FILENO, nap);
  }
}

bool make_sure(const WatchedProcess& runner) {
  const auto deadline = Deadline::in(std::chrono::seconds(10));
  while (!runner.gone()) {
    runner.kill();
    runner.watch(-1, nap);
    if (deadline.passed()) return false;
  }
  return true;
}

// Also where that can't be seen. While nobody owns, their writes fail.
bool clients_wait(steps::World& world) {
  const auto serves = steps::serving(world, Deadline::in(std::chrono::seconds(2)));
  if (serves != "source" && serves != "target") return true;
  const auto routes = world.fleet.routes(Deadline::in(std::chrono::seconds(1)));
  return std::any_of(routes.begin(), routes.end(),
                     [](const auto& bouncer) { return bouncer.keeps_clients_waiting() || !bouncer.error.empty(); });
}

ExitCode settle(Reopened& run, const journal::Journal& journal, const engine::Talk& talk) {
  const auto nobody = [](const std::string&, const engine::Talk&) -> Answers { return nullptr; };
  const auto patience = Deadline::in(gives_up_after);
  for (int tries = 1;; ++tries) {
    const auto acted = run.act(Way::settle, false, talk, nobody);
    const bool again = acted ? acted->ending.exit == ExitCode::needs_person : acted.error().kind != ErrorKind::held;
    if (!acted) log::warn("guard: " + acted.error().text());
    if (!again && !acted) return ExitCode::held;  // somebody was faster
    if (!again) return tell(*acted, false);
    if (patience.passed() || !left_undone(now(journal, run.id()))) return ExitCode::needs_person;
    // A journal that can't be written any more never says that all is done. Once clients are served the rest is for a person.
    if (tries >= tries_without_clients && !clients_wait(run.world())) return ExitCode::needs_person;
    sleep_until(Deadline::in(again_after), again_after, nullptr);
  }
}

ExitCode guard(const Arguments& arguments) {
  const auto run = arguments.text("RUN");
  const auto environment = arguments.text("environment");
  const auto runner = WatchedProcess::parent(std::atoi(arguments.text("runner").c_str()));
  for (const int signal : {SIGHUP, SIGINT, SIGQUIT}) std::signal(signal, SIG_IGN);
  ::prctl(PR_SET_NAME, "pgcleave guard");
  auto journal = journal::Journal::open_existing(arguments.text("journal"), Deadline::in(std::chrono::seconds(5)));
  if (!journal) return complain(journal.error());
  auto reopened = Reopened::open(*journal, run, environment);
  if (!reopened) return complain(reopened.error());
  reopened->warm(Deadline::in(std::chrono::seconds(5)));
  if (const auto point = engine::fault_point(); point != nullptr) point("guard ready");
  std::cout << "ready" << std::endl;

  const auto why = await_death(runner, *journal, run);
  if (!why || !left_undone(now(*journal, run))) return ExitCode::done;
  log::warn(fmt::format("guard: run {}: its process {} in the window; bringing clients back", run, *why));
  if (!make_sure(runner)) {
    log::error("guard: its process can't be killed, so nothing is done");
    return ExitCode::needs_person;
  }
  return settle(*reopened, *journal, speech(environment));
}

}  // namespace

Verb guard_verb() {
  using Kind = Option::Kind;
  return {"guard",
          "Stand by in a window to bring clients back should its run die; started by run, resume and rollback.",
          {{"RUN", Kind::positional, "run id"},
           environment_option(true),
           {"--runner", Kind::value, "number of the process that is guarded", true},
           journal_option()},
          guard,
          true};
}

}  // namespace pgcleave::cli
