#include "base/side_thread.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <fstream>
#include <iterator>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>

namespace pgcleave {
namespace {

constexpr Duration patience_at_the_end = std::chrono::milliseconds(100);

std::atomic<int> left_behind{0};

// Real time, also where tests simulate the clock: another thread is waited for.
bool await(std::condition_variable& news, std::unique_lock<std::mutex>& lock, Deadline by, const auto& condition) {
  while (!condition()) {
    const auto left = by.left();
    if (left == Duration::zero()) return false;
    news.wait_for(lock, std::min<Duration>(left, std::chrono::seconds(1)));
  }
  return true;
}

}  // namespace

struct SideThread::State {
  mutable std::mutex mutex;
  mutable std::condition_variable news;  // a job came, one ended, the thread ended
  std::deque<std::pair<Job, std::function<void()>>> queue;
  Duration linger{};
  Job last = 0;
  Job doing = 0;  // 0: none
  Job done = 0;   // the last one that has ended
  bool runs = false;
  bool over = false;
  pid_t thread = 0;

  void work() {
    std::unique_lock lock(mutex);
    thread = static_cast<pid_t>(::syscall(SYS_gettid));
    while (await(news, lock, Deadline::in(linger), [this] { return over || !queue.empty(); }) && !queue.empty()) {
      auto job = std::move(queue.front());
      queue.pop_front();
      doing = job.first;
      lock.unlock();
      job.second();
      job.second = nullptr;  // what it holds may be held up too
      lock.lock();
      done = doing;
      doing = 0;
      news.notify_all();
    }
    runs = false;
    news.notify_all();
  }

  [[nodiscard]] bool is_done(Job job) const {
    return done >= job || (doing != job && std::none_of(queue.begin(), queue.end(),
                                                        [job](const auto& one) { return one.first == job; }));
  }
};

SideThread::SideThread(Duration linger) : state_(std::make_shared<State>()) {
  state_->linger = linger;
}

SideThread::~SideThread() {
  std::unique_lock lock(state_->mutex);
  state_->over = true;
  state_->queue.clear();
  state_->news.notify_all();
  const auto ended = [this] { return !state_->runs; };
  if (!await(state_->news, lock, Deadline::in(patience_at_the_end), ended)) left_behind.fetch_add(1);
}

SideThread::Job SideThread::add(std::function<void()> work) {
  Job job = 0;
  bool start = false;
  {
    const std::lock_guard lock(state_->mutex);
    job = ++state_->last;
    state_->queue.emplace_back(job, std::move(work));
    start = !std::exchange(state_->runs, true);
    state_->news.notify_all();
  }
  if (!start) return job;
  try {
    std::thread thread([state = state_] { state->work(); });
    if (thread.joinable()) thread.detach();
  } catch (const std::system_error&) {
    // No more threads are to be had: done here and now, as it would be without one.
    while (left() > 0) {
      std::function<void()> next;
      {
        const std::lock_guard lock(state_->mutex);
        next = std::move(state_->queue.front().second);
        state_->done = state_->queue.front().first;
        state_->queue.pop_front();
      }
      next();
    }
    const std::lock_guard lock(state_->mutex);
    state_->runs = false;
  }
  return job;
}

bool SideThread::is_done(Job job, Deadline by) const {
  std::unique_lock lock(state_->mutex);
  return await(state_->news, lock, by, [&] { return state_->is_done(job); });
}

bool SideThread::run(std::function<void()> work, Deadline by) {
  return is_done(add(std::move(work)), by);
}

bool SideThread::cancel(Job job) {
  const std::lock_guard lock(state_->mutex);
  return std::erase_if(state_->queue, [job](const auto& one) { return one.first == job; }) > 0;
}

std::size_t SideThread::left() const {
  const std::lock_guard lock(state_->mutex);
  return state_->queue.size() + (state_->doing == 0 ? 0 : 1);
}

bool SideThread::is_in_kernel() const {
  pid_t thread = 0;
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->doing == 0) return false;
    thread = state_->thread;
  }
  std::ifstream stat("/proc/self/task/" + std::to_string(thread) + "/stat");
  const std::string text{std::istreambuf_iterator<char>(stat), {}};
  const auto name_ends = text.rfind(") ");  // a name may hold anything
  return name_ends != std::string::npos && name_ends + 2 < text.size() && text[name_ends + 2] == 'D';
}

bool SideThread::any_left_behind() {
  return left_behind.load() > 0;
}

}  // namespace pgcleave
