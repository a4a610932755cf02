#include "app/guard_orders.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "base/fields.h"

namespace pgcleave::app {
namespace {

const std::string longest_word = "longest ";
const std::string entered_word = "entered ";

}  // namespace

std::string entered_line(const journal::Event& entered) {
  return entered_word + to_text(Json{{"run", entered.run}, {"at_us", entered.at_us}, {"data", entered.data}}) + "\n";
}

void Orders::read() {
  std::array<char, 65536> chunk{};
  pollfd input{STDIN_FILENO, POLLIN, 0};
  while (!ended_ && ::poll(&input, 1, 0) == 1) {
    const auto count = ::read(STDIN_FILENO, chunk.data(), chunk.size());
    if (count <= 0) ended_ = true;
    if (count > 0) text_.append(chunk.data(), static_cast<std::size_t>(count));
  }
  for (auto end = text_.find('\n'); end != std::string::npos; end = text_.find('\n')) {
    hear(text_.substr(0, end));
    text_.erase(0, end + 1);
  }
}

void Orders::hear(const std::string& line) {
  heard_at_ = Monotonic::now();
  if (line == "dismissed") dismissed_ = true;
  if (line.rfind(longest_word, 0) == 0)
    longest_ = Deadline::in(Duration(std::strtoll(line.c_str() + longest_word.size(), nullptr, 10)));
  if (line.rfind(entered_word, 0) != 0) return;
  const auto told = Json::parse(line.substr(entered_word.size()), nullptr, false);
  if (!told.is_object()) return;
  entered_ = journal::Event{0, text_in(told, "run"), static_cast<std::int64_t>(number_in(told, "at_us")),
                            0, "window.entered",     object_in(told, "data"),
                            ""};
}

}  // namespace pgcleave::app
