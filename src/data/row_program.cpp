#include "data/row_program.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/format.h"
#include "base/units.h"
#include "data/change.h"

namespace pgcleave::data {
namespace {

constexpr auto grace = std::chrono::milliseconds(400);
constexpr auto while_full = std::chrono::milliseconds(2);  // its input
constexpr std::size_t longest_line = 64U << 20U;

// What a program wrote, cut into lines. What was looked through once is not looked through again: a line may be long.
class Lines {
 public:
  std::string buffer;
  void take(std::vector<std::string>& lines, std::size_t most) {
    std::size_t at = 0;
    while (lines.size() < most) {
      const auto end = buffer.find('\n', std::max(at, looked_through_));
      if (end == std::string::npos) break;
      lines.push_back(buffer.substr(at, end - at));
      at = end + 1;
    }
    buffer.erase(0, at);
    looked_through_ = lines.size() < most ? buffer.size() : 0;
  }

 private:
  std::size_t looked_through_ = 0;
};

}  // namespace

RowProgram::RowProgram(std::vector<std::string> argv, Duration patience, const StopFlag* stop)
    : argv_(std::move(argv)), patience_(patience), stop_(stop) {}

RowProgram::~RowProgram() {
  end();
}

std::string RowProgram::text() const {
  return fmt::format("{}", fmt::join(argv_, " "));
}

Error RowProgram::failed(ErrorKind kind, const std::string& what, const std::string& seen,
                         const std::string& hint) const {
  const bool by_rows = kind == ErrorKind::failed;
  return {kind, "program " + text(), what, "a line for each row", seen, hint, by_rows ? rows_are_refused : ""};
}

// Its input is a socket, because send() can be told not to raise SIGPIPE.
Result<void> RowProgram::start() {
  if (child_ && child_->exited()) end();
  if (child_) return {};
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return fail({ErrorKind::failed, "program " + text(), "can't be started", "", std::strerror(errno), "", ""});
  Fd read_end(ends[0]);
  input_ = Fd(ends[1]);
  TRY_ASSIGN(auto child, Child::start(argv_, {}, std::move(read_end), Child::Errors::inherited));
  child_.emplace(std::move(child));
  return {};
}

void RowProgram::end() {
  input_.close();
  if (child_) child_->end(grace);
  child_.reset();
}

// False: nothing could be written.
bool RowProgram::write_some(const std::string& input, std::size_t& written) {
  if (written == input.size()) return false;
  const auto count =
      ::send(input_.number(), input.data() + written, input.size() - written, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (count <= 0) return false;
  written += static_cast<std::size_t>(count);
  return true;
}

// May it be waited for any longer?
std::optional<Error> RowProgram::silent(Deadline until, std::size_t answered, std::size_t asked) const {
  if (stop_ != nullptr && stop_->requested())
    return failed(ErrorKind::interrupted, "was asked to stop", "", "go on with: pgcleave resume");
  if (!until.passed()) return std::nullopt;
  return failed(ErrorKind::timed_out,
                fmt::format("wrote no line for {}, after {} of {} rows", to_text(patience_), answered, asked), "",
                "it must flush its output when it has no more input, and not wait for more");
}

RowProgram::Answer RowProgram::exchange(const std::vector<std::string>& lines) {
  Answer answer;
  if (const auto started = start(); !started) {
    answer.error = started.error();
    return answer;
  }
  std::string input;
  Lines output;
  for (const auto& line : lines) input += line + "\n";
  std::size_t written = 0;
  auto until = Deadline::in(patience_);
  while (answer.lines.size() < lines.size() && !answer.error) {
    const bool exited = child_->exited();  // before its output is read to the end
    const bool wrote = write_some(input, written);
    const auto before = answer.lines.size();
    const bool read = child_->read(output.buffer);
    output.take(answer.lines, lines.size());
    if (answer.lines.size() > before) until = Deadline::in(patience_);
    if (output.buffer.size() > longest_line) {
      answer.error = failed(ErrorKind::failed, "writes without an end of line", output.buffer.substr(0, 200), "");
    } else if (!wrote && !read && exited) {
      const auto code = child_->reap();
      answer.error = failed(ErrorKind::failed,
                            fmt::format("ended after {} of {} rows{}", answer.lines.size(), lines.size(),
                                        code ? fmt::format(", with exit code {}", *code) : std::string()),
                            "", "see what it wrote to standard error");
    } else if (!wrote && !read) {
      answer.error = silent(until, answer.lines.size(), lines.size());
      if (!answer.error) child_->watch(written < input.size() ? while_full : std::chrono::milliseconds(100));
    }
  }
  if (!answer.error) static_cast<void>(child_->read(output.buffer));
  if (!answer.error && !output.buffer.empty())
    answer.error = failed(ErrorKind::failed, "wrote more than a line for each row", output.buffer.substr(0, 200), "");
  if (answer.error) end();
  return answer;
}

}  // namespace pgcleave::data
