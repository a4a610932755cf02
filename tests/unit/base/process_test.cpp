#include "base/process.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/child.h"

using namespace pgcleave;
using namespace std::chrono_literals;

namespace {

Command sh(const std::string& script) {
  return Command{{"sh", "-c", script}};
}

// Runs it with 300 ms, expects `unknown` and an end not much later than the deadline and the 500 ms until SIGKILL.
Error must_be_ended(const Command& command) {
  const auto begun = Monotonic::now();
  const auto finished = run_command(command, Deadline::in(300ms), nullptr);
  CHECK(Monotonic::now() - begun < 1800ms);
  REQUIRE_FALSE(finished.has_value());
  CHECK(finished.error().kind == ErrorKind::unknown);
  return finished.error();
}

bool dies_within(int pid, Duration longest) {
  const auto deadline = Deadline::in(longest);
  while (::kill(pid, 0) == 0) {
    std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
    const std::string text(std::istreambuf_iterator<char>(stat), {});
    if (text.find(") Z ") != std::string::npos) return true;  // dead, and nobody has asked for its status yet
    if (deadline.passed()) return false;
    std::this_thread::sleep_for(5ms);
  }
  return true;
}

struct TempFile {
  std::string path = std::filesystem::temp_directory_path() / ("pgcleave-process-" + std::to_string(::getpid()));
  ~TempFile() { std::filesystem::remove(path); }
  int number() const {
    int value = 0;
    std::ifstream(path) >> value;
    return value;
  }
};

}  // namespace

TEST_CASE("a command's output holds stdout and stderr in the order of writing") {
  const auto finished = run_command(sh("echo one; echo two >&2; echo three"), Deadline::in(10s), nullptr);
  REQUIRE(finished);
  CHECK(finished->output == "one\ntwo\nthree\n");
  CHECK(finished->exit_code == 0);
  CHECK_FALSE(finished->truncated);
}

TEST_CASE("a non-zero exit is told, not taken for an error") {
  const auto finished = run_command(sh("exit 7"), Deadline::in(10s), nullptr);
  REQUIRE(finished);
  CHECK(finished->exit_code == 7);
}

TEST_CASE("a command that was killed has 128 and the signal's number as exit code") {
  const auto finished = run_command(sh("kill -9 $$"), Deadline::in(10s), nullptr);
  REQUIRE(finished);
  CHECK(finished->exit_code == 128 + SIGKILL);
}

TEST_CASE("a program that does not exist can't be started, and the error says so") {
  const auto by_name = run_command(Command{{"pgcleave-no-such-program"}}, Deadline::in(10s), nullptr);
  REQUIRE_FALSE(by_name);
  CHECK(by_name.error().kind == ErrorKind::failed);
  CHECK(by_name.error().seen == "not found in PATH");
  const auto by_path = run_command(Command{{"/no/such/program"}}, Deadline::in(10s), nullptr);
  REQUIRE_FALSE(by_path);
  CHECK(by_path.error().kind == ErrorKind::failed);
  CHECK(by_path.error().seen == "No such file or directory");
}

TEST_CASE("a start that fails leaves no child behind") {
  REQUIRE_FALSE(run_command(Command{{"/no/such/program"}}, Deadline::in(10s), nullptr));
  CHECK(::access(("/proc/self/task/" + std::to_string(::getpid()) + "/children").c_str(), R_OK) == 0);
  std::ifstream children("/proc/self/task/" + std::to_string(::getpid()) + "/children");
  int child = 0;
  CHECK_FALSE(children >> child);
}

TEST_CASE("a command without words or with a NUL byte is invalid") {
  CHECK(run_command(Command{}, Deadline::in(1s), nullptr).error().kind == ErrorKind::invalid);
  CHECK(run_command(Command{{""}}, Deadline::in(1s), nullptr).error().kind == ErrorKind::invalid);
  CHECK(run_command(Command{{"echo", std::string("a\0b", 3)}}, Deadline::in(1s), nullptr).error().kind ==
        ErrorKind::invalid);
}

TEST_CASE("input arrives whole, and then ends") {
  Command command{{"wc", "-c"}};
  command.input = std::string(3'000'000, 'x');
  const auto finished = run_command(command, Deadline::in(20s), nullptr);
  REQUIRE(finished);
  CHECK(finished->output == "3000000\n");
  CHECK(run_command(Command{{"cat"}}, Deadline::in(10s), nullptr)->output.empty());
}

TEST_CASE("a command that never reads its input does not block") {
  Command command{{"true"}};
  command.input = std::string(3'000'000, 'x');
  CHECK(run_command(command, Deadline::in(10s), nullptr)->exit_code == 0);
}

TEST_CASE("variables are added to this process's environment and replace what is there") {
  ::setenv("PGCLEAVE_TEST_OLD", "old", 1);
  ::setenv("PGCLEAVE_TEST_KEPT", "kept", 1);
  auto command = sh("echo $PGCLEAVE_TEST_OLD $PGCLEAVE_TEST_KEPT $PGCLEAVE_TEST_NEW");
  command.env = {{"PGCLEAVE_TEST_OLD", "replaced"}, {"PGCLEAVE_TEST_NEW", "new"}};
  CHECK(run_command(command, Deadline::in(10s), nullptr)->output == "replaced kept new\n");
  CHECK(std::string(::getenv("PGCLEAVE_TEST_OLD")) == "old");
}

TEST_CASE("output beyond the limit is dropped and the command still ends") {
  auto command = sh("head -c 5000000 /dev/zero; echo end");
  command.output_limit_bytes = 1000;
  const auto finished = run_command(command, Deadline::in(20s), nullptr);
  REQUIRE(finished);
  CHECK(finished->output.size() == 1000);
  CHECK(finished->truncated);
  CHECK(finished->exit_code == 0);
}

TEST_CASE("a command is in a session of its own and inherits no ignored signal") {
  std::signal(SIGPIPE, SIG_IGN);
  const auto finished =
      run_command(sh("cut -d' ' -f6 /proc/$$/stat; echo $$; grep SigIgn /proc/$$/status"), Deadline::in(10s), nullptr);
  std::signal(SIGPIPE, SIG_DFL);
  REQUIRE(finished);
  std::istringstream lines(finished->output);
  int session = 0;
  int pid = -1;
  std::string ignored;
  lines >> session >> pid >> ignored >> ignored;
  CHECK(session == pid);
  CHECK(ignored == "0000000000000000");
}

TEST_CASE("a command inherits no descriptor but the first three") {
  const int leak = ::dup(0);
  const auto finished = run_command(Command{{"ls", "/proc/self/fd"}}, Deadline::in(10s), nullptr);
  ::close(leak);
  CHECK(finished->output == "0\n1\n2\n3\n");  // 3 is the folder that ls reads
}

TEST_CASE("a command that hangs is ended at the deadline and may have done its work") {
  const auto error = must_be_ended(sh("sleep 60"));
  CHECK(error.object == "command sh");
}

TEST_CASE("a command that floods its output is ended at the deadline") {
  must_be_ended(Command{{"yes"}});
}

TEST_CASE("a command that ignores SIGTERM is killed") {
  must_be_ended(sh("trap '' TERM; while :; do sleep 1; done"));
}

TEST_CASE("a grandchild that keeps the pipe open and ignores SIGTERM is killed, although its parent was gone") {
  const TempFile file;
  must_be_ended(sh("trap '' TERM; sleep 60 & echo $! >" + file.path + "; trap - TERM; wait"));
  REQUIRE(file.number() > 0);
  CHECK(dies_within(file.number(), 2s));
}

TEST_CASE("a command that leaves the group keeps nobody waiting") {
  const TempFile file;
  must_be_ended(sh("setsid sh -c 'echo $$ >" + file.path + "; exec sleep 20' & sleep 60"));
  REQUIRE(file.number() > 0);
  ::kill(file.number(), SIGKILL);
}

TEST_CASE("a command that ends well may leave a process behind, which is not waited for") {
  const TempFile file;
  const auto begun = Monotonic::now();
  const auto finished = run_command(sh("sleep 20 & echo $! >" + file.path + "; echo done"), Deadline::in(10s), nullptr);
  REQUIRE(finished);
  CHECK(finished->output == "done\n");
  CHECK(Monotonic::now() - begun < 5s);
  CHECK(::kill(file.number(), 0) == 0);
  ::kill(file.number(), SIGKILL);
}

TEST_CASE("a stop ends a command early") {
  StopFlag stop;
  std::thread operator_([&] {
    std::this_thread::sleep_for(100ms);
    stop.request();
  });
  const auto begun = Monotonic::now();
  const auto finished = run_command(sh("sleep 60"), Deadline::in(30s), &stop);
  operator_.join();
  REQUIRE_FALSE(finished);
  CHECK(finished.error().kind == ErrorKind::unknown);
  CHECK(Monotonic::now() - begun < 3s);
}

TEST_CASE("a command is not started without time left or after a stop") {
  const TempFile file;
  const auto late = run_command(sh("touch " + file.path), Deadline::in(-1s), nullptr);
  CHECK(late.error().kind == ErrorKind::timed_out);
  StopFlag stop;
  stop.request();
  CHECK(run_command(sh("touch " + file.path), Deadline::in(10s), &stop).error().kind == ErrorKind::interrupted);
  CHECK_FALSE(std::filesystem::exists(file.path));
}

TEST_CASE("no secret of the environment or the arguments is in an error") {
  auto command = Command{{"sh", "-c", "sleep 60 # s3cret-in-argv"}};
  command.env = {{"PGPASSWORD", "s3cret-in-env"}};
  CHECK(must_be_ended(command).text().find("s3cret") == std::string::npos);
}

TEST_CASE("a child that exits by itself is not reaped twice") {
  auto child = Child::start({"true"}, {}, Fd(::dup(0)));
  REQUIRE(child);
  while (!child->exited()) child->watch(100ms);
  CHECK(child->reap() == 0);
  CHECK(child->reap() == std::nullopt);
  child->end(0ms);
}
