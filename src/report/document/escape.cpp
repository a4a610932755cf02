#include "report/document/escape.h"

#include <algorithm>
#include <cctype>

#include "base/error.h"

namespace pgcleave::report {
namespace {

std::size_t longest_run_of_ticks(const std::string& text) {
  std::size_t longest = 0;
  std::size_t now = 0;
  for (const char c : text) {
    now = c == '`' ? now + 1 : 0;
    longest = std::max(longest, now);
  }
  return longest;
}

}  // namespace

std::string html(const std::string& text) {
  std::string out;
  for (const char c : printable(text)) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string markdown(const std::string& text) {
  static const std::string special = "\\`*_{}[]<>|~#&$";
  std::string out;
  for (const char c : printable(text)) {
    if (special.find(c) != std::string::npos) out += '\\';
    // "user@host" is one word; "@somebody" would call them.
    const bool calls = c == '@' && (out.empty() || std::isalnum(static_cast<unsigned char>(out.back())) == 0);
    out += c;
    if (calls) out += "\u2060";
  }
  // What would begin a list at the beginning of a line.
  if (!out.empty() && (out[0] == '-' || out[0] == '+') && out.size() > 1) out.insert(0, "\\");
  return out;
}

std::string markdown_code(const std::string& text) {
  if (text.empty()) return "";
  auto line = printable(text);
  const std::string fence(longest_run_of_ticks(line) + 1, '`');
  // A bar ends a cell even inside a code span.
  for (auto at = line.find('|'); at != std::string::npos; at = line.find('|', at + 2)) line.insert(at, "\\");
  const bool padded = line.front() == '`' || line.back() == '`';
  return fence + (padded ? " " : "") + line + (padded ? " " : "") + fence;
}

}  // namespace pgcleave::report
