// Texts of several lines, such as an error's text with its hint.
#pragma once

#include <string>

namespace pgcleave {

// printable() of each line: its lines stay lines, and all but the first are indented.
std::string printable_lines(const std::string& text);

// Such a text in one line, for tables: "is not ready; a; hint". printable(), too.
std::string one_line(const std::string& text);

}  // namespace pgcleave
