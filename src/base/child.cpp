#include "base/child.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <memory>

// With std::filesystem no other Boost library has to be linked, but v2.hpp of Boost 1.81 then lacks the first three of
// these. From 1.88 on process.hpp is version 2, and later v2.hpp is gone.
#include <boost/asio/io_context.hpp>
#include <boost/optional.hpp>
#include <boost/type_traits.hpp>
#define BOOST_PROCESS_USE_STD_FS
#if __has_include(<boost/process/v2.hpp>)
#include <boost/process/v2.hpp>
#else
#include <boost/process.hpp>
#endif

extern char** environ;

namespace pgcleave {
namespace {

namespace boost_process = boost::process::v2;

struct OwnSession {
  static boost::system::error_code on_exec_setup(boost_process::posix::default_launcher&, const std::filesystem::path&,
                                                 const char* const*) {
    ::setsid();
    // Ignored signals and the mask would be inherited; a program expects neither.
    for (const int number : {SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGTERM, SIGCHLD, SIGXFSZ}) std::signal(number, SIG_DFL);
    // The descriptors below the launcher's own: Boost 1.81 means to close them (close_handles.ipp) but compares each
    // with itself.
    ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    return {};
  }
  // Boost 1.81 would call exit() in the forked child, which writes the parent's buffered output a second time.
  template <class... Any>
  void on_exec_error(Any&&...) {
    ::_exit(127);
  }
};

Error cannot_start(const std::string& program, const std::string& seen, const std::string& hint) {
  return Error{ErrorKind::failed, "command " + program, "can't be started", "", seen, hint, ""};
}

Result<std::string> find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  const auto found = boost_process::environment::find_executable(name);
  if (found.empty())
    return fail(cannot_start(name, "not found in PATH", "install it, or give the full path of the program"));
  return found.string();
}

std::vector<std::string> merged(const std::map<std::string, std::string>& added) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    if (!added.contains(text.substr(0, text.find('=')))) all.push_back(text);
  }
  for (const auto& [name, value] : added) all.push_back(name + "=" + value);
  return all;
}

// Numbers 0 to 2 are overwritten in the child; they are free in a process that was started without them.
Fd above_stdio(Fd fd) {
  return fd.number() > 2 ? std::move(fd) : Fd(::fcntl(fd.number(), F_DUPFD_CLOEXEC, 3));
}

Result<int> launch(const std::string& program, const std::vector<std::string>& argv,
                   const std::vector<std::string>& environment, int input, int output, int errors) {
  std::vector<const char*> variables;
  for (const auto& variable : environment) variables.push_back(variable.c_str());
  variables.push_back(nullptr);
  boost_process::posix::default_launcher launcher;
  launcher.env = variables.data();
  boost::asio::io_context context(1);
  const boost::asio::any_io_executor executor = context.get_executor();
  boost::system::error_code error;
  try {
    auto process = launcher(executor, error, program, std::vector<std::string>(argv.begin() + 1, argv.end()),
                            boost_process::process_stdio{input, output, errors}, OwnSession{});
    process.detach();  // its destructor would kill the child and wait for it without a limit
  } catch (const std::exception& exception) {
    return fail(cannot_start(argv[0], exception.what(), ""));
  }
  if (!error) return launcher.pid;
  if (launcher.pid > 0) ::waitpid(launcher.pid, nullptr, 0);  // it has called _exit; Boost 1.81 leaves it a zombie
  return fail(cannot_start(argv[0], error.message(), ""));
}

bool has_nul(const std::string& text) {
  return text.find('\0') != std::string::npos;
}

bool await(const auto& condition, Duration longest) {
  const auto deadline = Deadline::in(longest);
  while (!condition()) {
    if (deadline.passed()) return false;
    sleep_until(deadline, std::chrono::milliseconds(5), nullptr);
  }
  return true;
}

}  // namespace

void Fd::close() {
  if (number_ >= 0) ::close(number_);
  number_ = -1;
}

Child::Child(int pid, Fd output)
    : pid_(pid), exit_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))), output_(std::move(output)) {}

Result<Child> Child::start(const std::vector<std::string>& argv, const std::map<std::string, std::string>& env,
                           Fd input, Errors errors) {
  if (argv.empty() || argv[0].empty() || std::any_of(argv.begin(), argv.end(), has_nul)) {
    return fail({ErrorKind::invalid, "command", "needs a program, and words without a NUL byte", "", "", "", ""});
  }
  TRY_ASSIGN(const std::string program, find_program(argv[0]));
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail(cannot_start(argv[0], std::strerror(errno), ""));
  Fd read_end(ends[0]);
  const Fd write_end = above_stdio(Fd(ends[1]));
  input = above_stdio(std::move(input));
  ::fcntl(read_end.number(), F_SETFL, O_NONBLOCK);

  TRY_ASSIGN(const int pid, launch(program, argv, merged(env), input.number(), write_end.number(),
                                   errors == Errors::inherited ? STDERR_FILENO : write_end.number()));
  return Child(pid, std::move(read_end));
}

void Child::watch(Duration longest) const {
  std::array<pollfd, 2> news{{{output_.number(), POLLIN, 0}, {exit_.number(), POLLIN, 0}}};
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(longest).count();
  ::poll(news.data(), news.size(), static_cast<int>(std::clamp<std::int64_t>(ms, 0, 1000)));
}

bool Child::read(std::string& output) {
  std::array<char, 65536> chunk;
  const auto count = ::read(output_.number(), chunk.data(), chunk.size());
  if (count > 0) output.append(chunk.data(), static_cast<std::size_t>(count));
  if (count == 0) output_.close();  // else poll would report its end again and again
  return count > 0;
}

bool Child::exited() const {
  siginfo_t info{};
  const auto id = static_cast<id_t>(pid_);
  if (pid_ == 0 || ::waitid(P_PID, id, &info, WEXITED | WNOHANG | WNOWAIT) != 0) return true;
  return info.si_pid != 0;
}

std::optional<int> Child::reap() {
  int status = 0;
  const int pid = std::exchange(pid_, 0);
  if (pid == 0 || ::waitpid(pid, &status, WNOHANG) <= 0) return std::nullopt;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

void Child::end(Duration grace) {
  if (pid_ == 0) return;
  std::string dropped;
  const auto gone = [&] {  // the child, and whoever else of its group holds the pipe
    for (int chunk = 0; chunk < 16 && read(dropped); ++chunk) dropped.clear();
    return exited() && !output_.is_open();
  };
  ::kill(-pid_, SIGTERM);
  await(gone, grace);
  ::kill(-pid_, SIGKILL);
  if (await([&] { return exited(); }, std::chrono::milliseconds(500))) reap();
}

}  // namespace pgcleave
