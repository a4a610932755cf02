#include "base/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cstdlib>

#include "base/side_thread.h"

namespace pgcleave::log {
namespace {

std::shared_ptr<spdlog::logger>& logger() {
  static std::shared_ptr<spdlog::logger> instance = [] {
    auto made = spdlog::stderr_color_mt("pgcleave");
    made->set_pattern("%^%v%$");
    return made;
  }();
  return instance;
}

constexpr Duration patience = std::chrono::milliseconds(100);
constexpr std::size_t most_kept = 10'000;

SideThread& writer() {
  static SideThread thread{Duration::zero()};
  return thread;
}

}  // namespace

void open(Level level) {
  const bool colour = ::isatty(STDERR_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr;
  auto sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>(colour ? spdlog::color_mode::always
                                                                           : spdlog::color_mode::never);
  sink->set_color(spdlog::level::info, sink->reset);
  logger() = std::make_shared<spdlog::logger>("pgcleave", sink);
  logger()->set_pattern("%^%v%$");
  logger()->set_level(level == Level::quiet     ? spdlog::level::warn
                      : level == Level::verbose ? spdlog::level::debug
                                                : spdlog::level::info);
}

namespace {

// A terminal or a file system that takes no more text holds up a thread of its own, and not who talks.
void say(spdlog::level::level_enum level, const std::string& text) {
  const bool behind = writer().left() > 0;
  if (writer().left() > most_kept) return;
  const auto write = [logger = logger(), level, text] { logger->log(level, "{}", text); };
  writer().run(write, Deadline::in(behind ? Duration::zero() : patience));
}

}  // namespace

void info(const std::string& text) {
  say(spdlog::level::info, text);
}
void warn(const std::string& text) {
  say(spdlog::level::warn, text);
}
void error(const std::string& text) {
  say(spdlog::level::err, text);
}
void detail(const std::string& text) {
  say(spdlog::level::debug, text);
}

bool await_said(Deadline by) {
  return writer().run([] {}, by);
}

}  // namespace pgcleave::log
