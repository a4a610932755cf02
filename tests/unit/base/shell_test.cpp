#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>

#include "base/format.h"
#include "base/process.h"

using namespace pgcleave;
using namespace std::chrono_literals;

namespace {

Shell opened(const std::vector<std::string>& prefix = {}) {
  auto shell = Shell::open(prefix, Deadline::in(10s));
  if (!shell) FAIL(shell.error().text());
  return std::move(*shell);
}

std::string answer(Shell& shell, const std::string& line) {
  const auto output = shell.run(line, Deadline::in(10s));
  if (!output) FAIL(output.error().text());
  return *output;
}

}  // namespace

TEST_CASE("a shell answers line after line with exactly what was printed") {
  auto shell = opened();
  CHECK(answer(shell, "echo one") == "one\n");
  CHECK(answer(shell, "printf two") == "two");
  CHECK(answer(shell, ":").empty());
  CHECK(answer(shell, "echo out; echo err >&2") == "out\nerr\n");
  CHECK(answer(shell, "printf 'a\nb'\necho c") == "a\nbc\n");
}

TEST_CASE("a line that fails says its exit code and its output, and the shell goes on") {
  auto shell = opened();
  const auto failed = shell.run("echo it broke >&2; exit 3", Deadline::in(10s));
  REQUIRE_FALSE(failed);
  CHECK(failed.error().kind == ErrorKind::failed);
  CHECK(failed.error().what == "the command ended with exit code 3");
  CHECK(failed.error().seen == "it broke");
  CHECK(answer(shell, "echo on") == "on\n");
}

TEST_CASE("neither a syntax error nor exec, set -e or cd reaches the next line") {
  auto shell = opened();
  for (const std::string line :
       {"if then (", "echo 'open", "exec false", "set -e; false", "cd /; false", ")", "exit 1"}) {
    const auto failed = shell.run(line, Deadline::in(10s));
    REQUIRE_FALSE(failed);
    CHECK(failed.error().kind == ErrorKind::failed);
  }
  CHECK(answer(shell, "pwd") == std::filesystem::current_path().string() + "\n");
}

TEST_CASE("a line can't swallow the lines after it from standard input") {
  auto shell = opened();
  CHECK(answer(shell, "cat").empty());
  CHECK(answer(shell, "echo next") == "next\n");
}

TEST_CASE("a flood is cut and its end is still found") {
  auto shell = opened();
  const auto output = answer(shell, "head -c 20000000 /dev/zero | tr '\\0' x");
  CHECK(output.size() == 1U << 20);
  CHECK(answer(shell, "echo next") == "next\n");
}

TEST_CASE("a long line arrives whole") {
  auto shell = opened();
  const std::string content(300'000, 'y');
  CHECK(answer(shell, "printf %s " + Shell::quote(content) + " | wc -c") == "300000\n");
}

TEST_CASE("a line that hangs is unknown, its processes are killed and the shell is closed") {
  auto shell = opened();
  const int pid = std::stoi(answer(shell, "echo $$"));
  for (const std::string line : {"sleep 60", "trap '' TERM; yes"}) {
    auto other = opened();
    const auto begun = Monotonic::now();
    const auto hung = other.run(line, Deadline::in(200ms));
    CHECK(Monotonic::now() - begun < 1500ms);
    REQUIRE_FALSE(hung);
    CHECK(hung.error().kind == ErrorKind::unknown);
    CHECK(other.run("echo", Deadline::in(1s)).error().what == "is closed");
  }
  CHECK(shell.run("sleep 60", Deadline::in(100ms)).error().kind == ErrorKind::unknown);
  CHECK(::kill(pid, 0) != 0);
}

TEST_CASE("a shell that dies in the middle is unknown and raises no SIGPIPE") {
  auto shell = opened();
  const int pid = std::stoi(answer(shell, "echo $$"));
  ::kill(pid, SIGKILL);
  const auto dead = shell.run("echo", Deadline::in(5s));
  REQUIRE_FALSE(dead);
  CHECK(dead.error().kind == ErrorKind::unknown);
}

TEST_CASE("a shell opens through a prefix, as through ssh") {
  auto shell = opened({"env", "PGCLEAVE_TEST_SIDE=far"});
  CHECK(answer(shell, "echo $PGCLEAVE_TEST_SIDE") == "far\n");
}

TEST_CASE("a prefix that refuses or never answers can't be opened, and the output says why") {
  const auto refused = Shell::open({"sh", "-c", "echo Permission denied; exit 255"}, Deadline::in(10s));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::failed);
  CHECK(refused.error().seen.find("Permission denied") != std::string::npos);
  const auto begun = Monotonic::now();
  CHECK(Shell::open({"sleep", "60", "#"}, Deadline::in(200ms)).error().kind == ErrorKind::failed);
  CHECK(Shell::open({"sh", "-c", "sleep 60"}, Deadline::in(200ms)).error().kind == ErrorKind::failed);
  CHECK(Monotonic::now() - begun < 3s);
}

TEST_CASE("a quoted word comes out as it went in") {
  auto shell = opened();
  for (const std::string word :
       {"", "plain", "two words", "it's", "''", "$HOME `id` \\ \"x\" *", "line\nline", "-n", "ü\t;&|"}) {
    CHECK(answer(shell, "printf '<%s>' " + Shell::quote(word)) == "<" + word + ">");
  }
}

TEST_CASE("destroying a shell leaves no process behind") {
  int pid = 0;
  {
    auto shell = opened();
    pid = std::stoi(answer(shell, "echo $$"));
  }
  CHECK(::kill(pid, 0) != 0);
}
