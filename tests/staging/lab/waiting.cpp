#include "waiting.h"

#include <atomic>
#include <csignal>
#include <thread>

#include "error.h"

namespace pgcleave_lab {
namespace {
std::atomic<bool> signalled{false};
static_assert(std::atomic<bool>::is_always_lock_free);
void on_signal(int) {
  signalled = true;
}
}  // namespace

void catch_signals() {
  struct sigaction action{};
  action.sa_handler = on_signal;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

bool interrupted() {
  return signalled;
}

void throw_if_interrupted() {
  if (signalled) throw Interrupted();
}

void wait_until(const std::string& what, milliseconds limit, const std::function<std::string()>& missing,
                milliseconds pause) {
  const auto deadline = Clock::now() + limit;
  for (;;) {
    throw_if_interrupted();
    const std::string still = missing();
    if (still.empty()) return;
    if (Clock::now() >= deadline) fail("{}: not after {} ms: {}", what, limit.count(), still);
    std::this_thread::sleep_for(pause);
  }
}

}  // namespace pgcleave_lab
