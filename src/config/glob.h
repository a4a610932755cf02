#pragma once

#include <string>

namespace pgcleave::config {

// Whether the whole text matches: * is any run of characters, ? is one character (of UTF-8), all else is itself.
// Time at most pattern times text, whatever the pattern.
bool matches(const std::string& pattern, const std::string& text);

}  // namespace pgcleave::config
