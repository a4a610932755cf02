#include <sys/resource.h>
#include <sys/stat.h>

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
  {
    REQUIRE(SplitLock::take(scratch.path, "ci", "r-1"));
  }
  CHECK_FALSE(SplitLock::is_held(scratch.path, "ci"));
  CHECK(std::filesystem::file_size(scratch.path + ".ci.lock") == 0);
  CHECK(SplitLock::take(scratch.path, "ci", "r-2"));
}

TEST_CASE("a lock moves with its owner") {
  const Scratch scratch;
  auto first = std::move(SplitLock::take(scratch.path, "ci", "r-1").value());
  const auto second = std::move(first);
  CHECK(SplitLock::is_held(scratch.path, "ci"));
  auto other = std::move(SplitLock::take(scratch.path, "billing", "r-1").value());
  other = std::move(SplitLock::take(scratch.path, "packages", "r-1").value());
  CHECK_FALSE(SplitLock::is_held(scratch.path, "billing"));
  CHECK(SplitLock::is_held(scratch.path, "packages"));
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
    for (const auto deadline = Deadline::in(std::chrono::seconds(1)); !deadline.passed();)
      SplitLock::is_held(scratch.path, "ci");
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
  for (const std::string text :
       {R"({"pid": "5", "host": 7, "run": {}})", R"({"pid": 1e300, "run": [], "since": 1})", "[]", "", "\xff"}) {
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

TEST_CASE("a split's name may hold letters, digits, _ and -") {
  const Scratch scratch;
  CHECK(SplitLock::take(scratch.path, "ci_2-B", "r-1"));
  CHECK(std::filesystem::exists(scratch.path + ".ci_2-B.lock"));
}

TEST_CASE("a lock without a file is held by nobody") {
  const Scratch scratch;
  CHECK_FALSE(SplitLock::is_held(scratch.path, "ci"));
  CHECK_FALSE(SplitLock::is_held(scratch.folder / "no folder/journal", "ci"));
}

TEST_CASE("a lock file that can't be made, written or that is a link is an error, and no link is followed") {
  const Scratch scratch;
  const AsNobody nobody(scratch);
  const auto refused = [&](const std::string& journal) {
    const auto lock = SplitLock::take(journal, "ci", "r-1");
    if (lock) FAIL("the lock was taken");
    return lock.error();
  };
  const auto nowhere = refused(scratch.folder / "no folder/journal");
  CHECK(nowhere.kind == ErrorKind::failed);
  CHECK(nowhere.seen == "No such file or directory");
  const std::string file = scratch.path + ".ci.lock";
  std::filesystem::create_symlink(scratch.folder / "elsewhere", file);
  CHECK(refused(scratch.path).what == "the lock file can't be opened");
  CHECK_FALSE(std::filesystem::exists(scratch.folder / "elsewhere"));
  std::filesystem::remove(file);
  std::ofstream(file) << "";
  ::chmod(file.c_str(), 0400);
  CHECK(refused(scratch.path).seen == "Permission denied");
  CHECK(refused(scratch.path).object == file);
}

TEST_CASE("who can't write its name into the lock file does not hold the lock") {
  const Scratch scratch;
  const auto child = in_child([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit full{10, RLIM_INFINITY};
    if (::setrlimit(RLIMIT_FSIZE, &full) != 0) return 101;
    const auto lock = SplitLock::take(scratch.path, "ci", "r-1");
    if (lock) return 102;
    return lock.error().kind == ErrorKind::failed && lock.error().what == "the lock file can't be written" &&
                   !SplitLock::is_held(scratch.path, "ci")
               ? 0
               : 103;
  });
  CHECK(exit_of(child) == 0);
  CHECK(SplitLock::take(scratch.path, "ci", "r-2"));
}

TEST_CASE("a holder on another host is believed at once, one that has died here is not") {
  const Scratch scratch;
  const auto held = SplitLock::take(scratch.path, "ci", "r-1");
  REQUIRE(held);
  const auto refused_as = [&](const Json& holder) {
    std::ofstream(scratch.path + ".ci.lock") << holder.dump();
    const auto begun = Monotonic::now();
    const auto refused = SplitLock::take(scratch.path, "ci", "r-2");
    REQUIRE_FALSE(refused);
    return std::make_pair(refused.error().seen, Monotonic::now() - begun);
  };
  const auto [elsewhere, looked] =
      refused_as({{"pid", 77}, {"run", "r-9"}, {"host", "another.example"}, {"since", "today"}});
  CHECK(elsewhere == "run r-9, pid 77 on another.example, since today");
  const auto dead = in_child([] { return 0; });
  CHECK(exit_of(dead) == 0);
  std::array<char, 256> host{};
  REQUIRE(::gethostname(host.data(), host.size() - 1) == 0);
  const auto [here, looked_longer] = refused_as({{"pid", dead}, {"run", "r-1"}, {"host", host.data()}});
  CHECK(looked_longer >= std::chrono::milliseconds(200));
  CHECK(looked < looked_longer);
  CHECK(here.find("since ?") != std::string::npos);
}

TEST_CASE("a holder that is another user's process is alive") {
  if (::geteuid() != 0) return;  // only root can be looked at by another user
  const Scratch scratch;
  const auto held = SplitLock::take(scratch.path, "ci", "r-1");
  REQUIRE(held);
  ::chmod((scratch.path + ".ci.lock").c_str(), 0666);
  const auto pid = ::getpid();
  const auto child = in_child([&] {
    const AsNobody nobody(scratch);
    const auto begun = Monotonic::now();
    const auto refused = SplitLock::take(scratch.path, "ci", "r-2");
    const bool at_once = Monotonic::now() - begun < std::chrono::milliseconds(150);
    return !refused && at_once && refused.error().seen.find("run r-1, pid " + std::to_string(pid)) == 0 ? 0 : 1;
  });
  CHECK(exit_of(child) == 0);
}
