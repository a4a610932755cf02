#include "app/guard.h"

#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <functional>
#include <sstream>

#include "app/guarding.h"
#include "app/resume.h"
#include "app/unwritten.h"
#include "base/file.h"
#include "base/format.h"
#include "base/log.h"
#include "base/machine/watched_process.h"
#include "engine/approvals.h"
#include "journal/words/outcomes.h"
#include "world/serving.h"

namespace pgcleave::app {
namespace {

using engine::ExitCode;

constexpr auto nap = std::chrono::milliseconds(50);
constexpr auto nap_without_pipe = std::chrono::milliseconds(200);  // each time the journal is read
// Undoing one step may take ten seconds, and each step is recorded.
constexpr auto longest_silence = std::chrono::seconds(20);
constexpr auto again_after = std::chrono::seconds(1);
constexpr int tries_without_clients = 3;
constexpr auto patience_with_the_journal = std::chrono::milliseconds(500);
constexpr auto gives_up_after = std::chrono::minutes(30);

// As the journal tells it; where its file system does not answer, as this process knows it.
engine::RunRecord now(const journal::Journal& journal, const ResumedRun& run) {
  const auto events = journal.events_by(Deadline::in(patience_with_the_journal), run.id());
  return events ? engine::replay(*events) : run.record();
}

engine::RunOutput speech(const std::string& environment) {
  engine::RunOutput talk;
  talk.again = " -e " + environment;
  talk.say = [](const std::string& text) { log::info("guard: " + text); };
  talk.warn = [](const std::string& text) { log::warn("guard: " + text); };
  return talk;
}

// No value: it ended in order, or was dismissed.
std::optional<std::string> await_death(const WatchedProcess& runner, Orders& orders,
                                       const std::function<bool()>& window_is_open) {
  while (true) {
    // What it said last is in the pipe, also when it has gone.
    const bool gone = runner.has_ended();
    orders.read();
    if (orders.dismissed()) return std::nullopt;
    if (gone) return "died";
    // A process that dies closes its files before it is gone, and a busy disk may keep it from going for seconds. So a
    // pipe that has ended says nothing yet; a run that ended in order leaves no window open.
    if (orders.ended() && !window_is_open()) return std::nullopt;
    if (orders.too_long() && runner.stopped()) return "was stopped for longer than the window may last";
    if (orders.too_long() && orders.silent_for(longest_silence))
      return "has recorded nothing for " + to_text(Duration(longest_silence));
    runner.watch(orders.ended() ? -1 : STDIN_FILENO, orders.ended() ? nap_without_pipe : nap);
  }
}

// A thread of it may sit in a call that the kernel does not end, such as a write to a frozen file system. It will run
// nothing more.
bool make_sure(const WatchedProcess& runner) {
  const auto deadline = Deadline::in(std::chrono::seconds(10));
  while (!runner.gone()) {
    runner.kill();
    runner.watch(-1, nap);
    if (!runner.gone() && runner.is_only_in_kernel()) {
      log::warn(
          "guard: a thread of its process sits in a call that the kernel does not end, and will run nothing more");
      return true;
    }
    if (deadline.passed()) return false;
  }
  return true;
}

// Also where that can't be seen. While nobody owns, their writes fail.
bool clients_wait(world::World& world) {
  const auto serves = world::serving(world, Deadline::in(std::chrono::seconds(2)));
  if (serves == world::Serving::nobody || serves == world::Serving::unknown) return true;
  const auto routes = world.fleet.routes(Deadline::in(std::chrono::seconds(1)));
  return std::any_of(routes.begin(), routes.end(),
                     [](const auto& bouncer) { return bouncer.keeps_clients_waiting() || !bouncer.error.empty(); });
}

ExitCode settle(ResumedRun& run, const journal::Journal& journal, const engine::RunOutput& talk) {
  const auto nobody = [](const std::string&, const engine::RunOutput&) -> Answers { return nullptr; };
  const auto patience = Deadline::in(gives_up_after);
  for (int tries = 1;; ++tries) {
    const auto acted = run.act(Way::settle, {}, talk, nobody);
    const bool again = acted ? acted->ending.exit == ExitCode::needs_person : acted.error().kind != ErrorKind::held;
    if (!acted) log::warn("guard: " + acted.error().text());
    if (!again && !acted) return ExitCode::held;  // somebody was faster
    if (!again) {
      log_ending(*acted);
      await_unwritten(journal, gives_up_after);
      return acted->ending.exit;
    }
    if (patience.passed() || !leaves_clients_waiting(now(journal, run))) return ExitCode::needs_person;
    // A journal that can't be written any more never says that all is done. Once clients are served the rest is for a
    // person.
    if (tries >= tries_without_clients && !clients_wait(run.world())) return ExitCode::needs_person;
    sleep_until(Deadline::in(again_after), again_after, nullptr);
  }
}

// `ps` shows what a process was started as, and that was a path below /proc.
void take_its_name() {
  auto text = read_file("/proc/self/cmdline").value_or("");
  std::vector<std::string> words;
  std::istringstream all(text);
  for (std::string word; std::getline(all, word, '\0');) words.push_back(word);
  if (words.empty() || words[0] == "pgcleave") return;
  words[0] = "pgcleave";
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  ::execv("/proc/self/exe", argv.data());
}

void say_ready() {
  const std::string line = "ready\n";
  if (::write(STDOUT_FILENO, line.data(), line.size()) < 0) errno = 0;  // its end is seen on standard input
}

}  // namespace

Result<ExitCode> guard(const GuardAsked& asked) {
  take_its_name();
  const auto& run = asked.run;
  const auto runner = WatchedProcess::parent(asked.runner);
  for (const int signal : {SIGHUP, SIGINT, SIGQUIT}) std::signal(signal, SIG_IGN);
  ::prctl(PR_SET_NAME, "pgcleave guard");
  TRY_ASSIGN(auto journal, journal::Journal::open_existing(asked.journal, Deadline::in(std::chrono::seconds(5))));
  TRY_ASSIGN(auto reopened, ResumedRun::open(journal, run, asked.environment));
  reopened.warm(Deadline::in(std::chrono::seconds(5)));
  if (const auto point = engine::fault_point(); point != nullptr) point("guard ready");
  say_ready();

  Orders orders;
  const auto why = await_death(runner, orders, [&] { return leaves_clients_waiting(now(journal, reopened)); });
  if (!why) return ExitCode::done;
  if (orders.entered()) reopened.hear(*orders.entered());
  reopened.outlives(runner.number());
  if (!leaves_clients_waiting(now(journal, reopened))) return ExitCode::done;
  log::warn(fmt::format("guard: run {}: its process {} in the window; bringing clients back", run, *why));
  if (!make_sure(runner)) {
    log::error("guard: its process can't be killed, so nothing is done");
    return ExitCode::needs_person;
  }
  return settle(reopened, journal, speech(asked.environment));
}

}  // namespace pgcleave::app
