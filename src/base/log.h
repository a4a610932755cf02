// Talk for people, on stderr. Data goes to stdout and is nobody's log. The only user of spdlog.
#pragma once

#include <string>

#include "base/deadline.h"

namespace pgcleave::log {

enum class Level { quiet, normal, verbose };

// Colour only when stderr is a terminal and NO_COLOR is not set.
void open(Level level);

void info(const std::string& text);
void warn(const std::string& text);
void error(const std::string& text);
void detail(const std::string& text);  // with --verbose only

// Was all of it taken? Who talks does not wait for a terminal or a file system that takes no more text.
bool await_said(Deadline by);

}  // namespace pgcleave::log
