#include <csignal>
#include <fstream>

#include "scratch.h"

using namespace pgcleave;
using namespace pgcleave::journal;

TEST_CASE("a split is held by one run, whose name the next one is told") {
  const Scratch scratch;
  auto held = SplitLock::take(scratch.path, "ci", "r-1");
  REQUIRE(held);
  CHECK(SplitLock::is_held(scratch.path, "ci"));
  const auto second = SplitLock::take(scratch.path, "ci", "r-2");
  REQUIRE_FALSE(second);
  CHECK(second.error().kind == ErrorKind::held);
  CHECK(second.error().seen.find("run r-1, pid " + std::to_string(::getpid()) + " on ") == 0);
  CHECK(second.error().seen.find(utc_now().substr(0, 10)) != std::string::npos);
  CHECK(second.error().hint.find("pgcleave status r-1") != std::string::npos);
  CHECK(SplitLock::is_held(scratch.path, "ci"));
}

TEST_CASE("different splits do not hold each other up") {
  const Scratch scratch;
  const auto ci = SplitLock::take(scratch.path, "ci", "r-1");
  CHECK(SplitLock::take(scratch.path, "billing", "r-2"));
  CHECK_FALSE(SplitLock::is_held(scratch.path, "billing"));
}

TEST_CASE("a lock that was let go is free and names nobody") {
  const Scratch scratch;
  { REQUIRE(SplitLock::take(scratch.path, "ci", "r-1")); }
  CHECK_FALSE(SplitLock::is_held(scratch.path, "ci"));
  CHECK(std::filesystem::file_size(scratch.path + ".ci.lock") == 0);
  CHECK(SplitLock::take(scratch.path, "ci", "r-2"));
}

TEST_CASE("a lock moves with its owner") {
  const Scratch scratch;
  auto first = std::move(SplitLock::take(scratch.path, "ci", "r-1").value());
  const auto second = std::move(first);
  CHECK(SplitLock::is_held(scratch.path, "ci"));
}

TEST_CASE("a lock of a process that was killed is free") {
  const Scratch scratch;
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  const auto child = in_child([&] {
    const auto lock = SplitLock::take(scratch.path, "ci", "r-1");
    const char done = 'x';
    if (!lock || ::write(ends[1], &done, 1) != 1) return 1;
    ::pause();
    return 0;
  });
  char done = 0;
  REQUIRE(::read(ends[0], &done, 1) == 1);
  const auto held = SplitLock::take(scratch.path, "ci", "r-2");
  REQUIRE_FALSE(held);
  CHECK(held.error().seen.find("run r-1, pid " + std::to_string(child) + " on ") == 0);
  ::kill(child, SIGKILL);
  CHECK(exit_of(child) == 128 + SIGKILL);
  CHECK_FALSE(SplitLock::is_held(scratch.path, "ci"));
  CHECK(SplitLock::take(scratch.path, "ci", "r-3"));
  for (const int end : ends) ::close(end);
}

TEST_CASE("looking whether a lock is held makes nobody fail to take it") {
  const Scratch scratch;
  const auto looker = in_child([&] {
    for (const auto deadline = Deadline::in(std::chrono::seconds(1)); !deadline.passed();) SplitLock::is_held(scratch.path, "ci");
    return 0;
  });
  int refused = 0;
  for (const auto deadline = Deadline::in(std::chrono::milliseconds(800)); !deadline.passed();) {
    if (!SplitLock::take(scratch.path, "ci", "r-1")) ++refused;
  }
  CHECK(refused == 0);
  CHECK(exit_of(looker) == 0);
}

TEST_CASE("a lock whose file holds nonsense is taken, and refused while somebody holds it") {
  const Scratch scratch;
  for (const std::string text : {R"({"pid": "5", "host": 7, "run": {}})", R"({"pid": 1e300, "run": [], "since": 1})", "[]", "", "\xff"}) {
    std::ofstream(scratch.path + ".ci.lock") << text;
    const auto held = SplitLock::take(scratch.path, "ci", "r-1");
    CHECK(held);
    std::ofstream(scratch.path + ".ci.lock") << text;
    const auto refused = SplitLock::take(scratch.path, "ci", "r-2");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::held);
  }
}

TEST_CASE("a split whose name can't be a file's is refused") {
  const Scratch scratch;
  for (const std::string split : {"", "../x", "a b", "a/b", "a.b"}) {
    CHECK(SplitLock::take(scratch.path, split, "r-1").error().kind == ErrorKind::invalid);
  }
}
