#include "base/side_thread.h"

#include <catch2/catch.hpp>
#include <future>
#include <string>
#include <vector>

using namespace pgcleave;
using namespace std::chrono_literals;

namespace {

Deadline soon() {
  return Deadline::in(5s);
}

// Something that does not end until it is told to.
struct Held {
  std::promise<void> end;
  std::shared_future<void> ended = end.get_future().share();
  std::function<void()> job() {
    return [ended = ended] { ended.wait(); };
  }
};

}  // namespace

TEST_CASE("what a side thread is given is done in order, and the thread comes back after it has gone") {
  SideThread thread(0us);
  std::string done;
  for (const char* word : {"a", "b", "c"}) thread.add([&done, word] { done += word; });
  CHECK(thread.run([&] { done += "d"; }, soon()));
  CHECK(done == "abcd");
  CHECK(thread.left() == 0);
  CHECK(thread.run([&] { done += "e"; }, soon()));
  CHECK(done == "abcde");
}

TEST_CASE("who waits for a side thread goes on at the deadline, and what was asked for is done later") {
  SideThread thread(1s);
  Held held;
  bool done = false;
  thread.add(held.job());
  const auto began = Monotonic::now();
  CHECK_FALSE(thread.run([&] { done = true; }, Deadline::in(50ms)));
  CHECK(Monotonic::now() - began < 2s);
  CHECK(thread.left() == 2);
  held.end.set_value();
  CHECK(thread.run([] {}, soon()));
  CHECK(done);
}

TEST_CASE("what has not begun can be taken back, what has begun can't") {
  SideThread thread(1s);
  Held held;
  bool done = false;
  std::promise<void> begun;
  const auto first = thread.add([&, job = held.job()] {
    begun.set_value();
    job();
  });
  begun.get_future().wait();
  CHECK_FALSE(thread.cancel(first));
  const auto second = thread.add([&] { done = true; });
  CHECK(thread.cancel(second));
  CHECK_FALSE(thread.cancel(second));
  held.end.set_value();
  CHECK(thread.run([] {}, soon()));
  CHECK_FALSE(done);
}

TEST_CASE("a side thread that is stuck is left behind, and what it has not begun is dropped") {
  Held held;
  auto done = std::make_shared<bool>(false);
  const auto began = Monotonic::now();
  const auto job = held.job();
  {
    SideThread thread(1s);
    std::promise<void> begun;
    thread.add([&begun, job] {
      begun.set_value();
      job();
    });
    begun.get_future().wait();
    thread.add([done] { *done = true; });
  }
  CHECK(Monotonic::now() - began < 2s);
  CHECK(SideThread::any_left_behind());
  held.end.set_value();
  Monotonic::sleep_for(50ms);
  CHECK_FALSE(*done);
}
