#include <catch2/catch.hpp>
#include <thread>

#include "base/deadline.h"
#include "base/process.h"

using namespace pgcleave;
using namespace std::chrono_literals;

TEST_CASE("a stop is heeded by the thread that says so, as long as it says so") {
  StopFlag stop;
  stop.request();
  CHECK_FALSE(HeededStop::requested());
  {
    const HeededStop heeded(&stop);
    CHECK(HeededStop::requested());
    bool elsewhere = true;
    std::thread([&] { elsewhere = HeededStop::requested(); }).join();
    CHECK_FALSE(elsewhere);
    {
      const HeededStop none(nullptr);
      CHECK_FALSE(HeededStop::requested());
    }
    CHECK(HeededStop::requested());
  }
  CHECK_FALSE(HeededStop::requested());
}

TEST_CASE("who waits for a shell's answer is stopped long before its deadline") {
  auto shell = Shell::open({}, Deadline::in(5s));
  REQUIRE(shell.has_value());
  StopFlag stop;
  std::thread later([&] {
    std::this_thread::sleep_for(100ms);
    stop.request();
  });
  const HeededStop heeded(&stop);
  const auto began = Monotonic::now();
  const auto answer = shell->run("sleep 20", Deadline::in(20s));
  CHECK(Monotonic::now() - began < 5s);
  later.join();
  REQUIRE_FALSE(answer.has_value());
  CHECK(answer.error().kind == ErrorKind::unknown);
  CHECK(answer.error().what.find("a stop was requested") != std::string::npos);
}
