#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/format.h"
#include "base/lines.h"

namespace pgcleave {
namespace {

struct Sign {
  std::uint32_t code = 0;
  std::size_t bytes = 0;  // 0: no UTF-8
};

// Overlong forms and surrogates are no UTF-8 either.
Sign sign_at(const std::string& text, std::size_t at) {
  const auto byte = [&](std::size_t n) { return static_cast<unsigned char>(at + n < text.size() ? text[at + n] : 0); };
  const std::size_t bytes = byte(0) >= 0xf0 && byte(0) < 0xf5   ? 4
                            : byte(0) >= 0xe0 && byte(0) < 0xf0 ? 3
                            : byte(0) >= 0xc2 && byte(0) < 0xe0 ? 2
                                                                : 0;
  if (bytes == 0) return {};
  std::uint32_t code = byte(0) & (0xffU >> (bytes + 1));
  for (std::size_t n = 1; n < bytes; ++n) {
    if ((byte(n) & 0xc0U) != 0x80) return {};
    code = code << 6U | (byte(n) & 0x3fU);
  }
  const std::uint32_t least = bytes == 4 ? 0x10000 : bytes == 3 ? 0x800 : 0x80;
  if (code < least || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return {};
  return {code, bytes};
}

// Terminals take U+0080 to U+009F for escapes too; the others turn the direction of what follows, or end a line.
bool steers(std::uint32_t code) {
  return (code >= 0x80 && code < 0xa0) || code == 0x200e || code == 0x200f || (code >= 0x2028 && code <= 0x202e) ||
         (code >= 0x2066 && code <= 0x2069);
}

// Not indented.
std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t from = 0; from <= text.size();) {
    const auto end = std::min(text.find('\n', from), text.size());
    auto line = text.substr(from, end - from);
    if (!lines.empty()) line.erase(0, line.find_first_not_of(" \t"));
    lines.push_back(printable(line));
    from = end + 1;
  }
  return lines;
}

}  // namespace

std::string printable_lines(const std::string& text) {
  return fmt::format("{}", fmt::join(lines_of(text), "\n  "));
}

std::string one_line(const std::string& text) {
  return fmt::format("{}", fmt::join(lines_of(text), "; "));
}

std::string printable(const std::string& text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const auto byte = static_cast<unsigned char>(text[at]);
    const auto sign = byte < 0x80 ? Sign{byte, 1} : sign_at(text, at);
    if (byte == '\n' || byte == '\t') {
      out += byte == '\n' ? "\\n" : "\\t";
    } else if (byte < 0x20 || byte == 0x7f || sign.bytes == 0) {
      out += fmt::format("\\x{:02x}", byte);
    } else if (steers(sign.code)) {
      out += fmt::format("\\u{:04x}", sign.code);
    } else {
      out += text.substr(at, sign.bytes);
    }
    at += sign.bytes == 0 ? 1 : sign.bytes;
  }
  return out;
}

}  // namespace pgcleave
