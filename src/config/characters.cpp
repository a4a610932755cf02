#include "config/characters.h"

#include "base/format.h"

namespace pgcleave::config {
namespace {

struct Character {
  char32_t code = 0;
  std::size_t bytes = 0;  // 0: not UTF-8
};

// RFC 3629: no overlong forms, no surrogates, nothing beyond U+10FFFF.
Character decode(const std::string& text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const unsigned lead = byte(at);
  if (lead < 0x80) return {lead, 1};
  const std::size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4) return {};
  char32_t code = lead & (0xFFU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(at + i) & 0xC0U) != 0x80U) return {};
    code = code << 6U | (byte(at + i) & 0x3FU);
  }
  const bool overlong = (bytes == 3 && code < 0x800) || (bytes == 4 && code < 0x10000);
  if (overlong || (code >= 0xD800 && code <= 0xDFFF) || code > 0x10FFFF) return {};
  return {code, bytes};
}

bool is_control(char32_t code) {
  return (code < 0x20 && code != '\n' && code != '\t') || (code >= 0x7F && code < 0xA0);
}

bool changes_direction(char32_t code) {
  return (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069) || code == 0x200E || code == 0x200F;
}

bool report(Place at, Character seen, Problems& problems) {
  if (seen.bytes == 0) {
    problems.add(at, "the file is not UTF-8", "save it in UTF-8");
  } else if (seen.code == '\t') {
    problems.add(at, "a tab", "use spaces, or \\t in double quotes");
  } else if (is_control(seen.code)) {
    problems.add(at, fmt::format("the control character U+{:04X}", static_cast<unsigned>(seen.code)), "remove it");
  } else {
    problems.add(at,
                 fmt::format("the invisible character U+{:04X} changes the direction of the text",
                             static_cast<unsigned>(seen.code)),
                 "remove it");
  }
  return false;
}

}  // namespace

bool check_characters(const std::string& text, Problems& problems) {
  constexpr int longest_line = 64 * 1024;
  Place at{1, 1};
  for (std::size_t i = 0; i < text.size();) {
    const auto seen = decode(text, i);
    const bool line_end = seen.code == '\r' && i + 1 < text.size() && text[i + 1] == '\n';
    const bool refused =
        seen.bytes == 0 || seen.code == '\t' || (is_control(seen.code) && !line_end) || changes_direction(seen.code);
    if (refused) return report(at, seen, problems);
    i += seen.bytes;
    at = seen.code == '\n' ? Place{at.line + 1, 1} : Place{at.line, at.column + static_cast<int>(seen.bytes)};
    if (at.column > longest_line) {
      problems.add({at.line, 1}, "the line is longer than 65536 bytes", "write it over several lines");
      return false;
    }
  }
  return true;
}

bool has_control_character(const std::string& text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto seen = decode(text, i);
    if (seen.bytes == 0 || is_control(seen.code) || changes_direction(seen.code)) return true;
    i += seen.bytes;
  }
  return false;
}

}  // namespace pgcleave::config
