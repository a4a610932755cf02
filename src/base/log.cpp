#include "base/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cstdlib>

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

}  // namespace

void open(Level level) {
  const bool colour = ::isatty(STDERR_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr;
  auto sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>(colour ? spdlog::color_mode::always : spdlog::color_mode::never);
  sink->set_color(spdlog::level::info, sink->reset);
  logger() = std::make_shared<spdlog::logger>("pgcleave", sink);
  logger()->set_pattern("%^%v%$");
  logger()->set_level(level == Level::quiet ? spdlog::level::warn : level == Level::verbose ? spdlog::level::debug : spdlog::level::info);
}

void info(const std::string& text) {
  logger()->info("{}", text);
}
void warn(const std::string& text) {
  logger()->warn("{}", text);
}
void error(const std::string& text) {
  logger()->error("{}", text);
}
void detail(const std::string& text) {
  logger()->debug("{}", text);
}

}  // namespace pgcleave::log
