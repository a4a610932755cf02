// Which characters a file may hold, looked at before any parser sees them.
#pragma once

#include <string>

#include "config/problems.h"

namespace pgcleave::config {

// The first character of the text that is not allowed, if any: invalid UTF-8, tabs, NUL and other control characters,
// marks that change the direction of the text (what a reviewer sees would differ from what runs), lines over 64 KiB.
// True when clean.
bool check_characters(const std::string& text, Problems& problems);

// What a quoted scalar may make with escapes: line feeds and tabs, but no other control character.
bool has_control_character(const std::string& text);

}  // namespace pgcleave::config
