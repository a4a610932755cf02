#include "base/error.h"

#include "base/format.h"

namespace pgcleave {

std::string printable(const std::string& text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  return out;
}

std::string Error::text() const {
  std::string out;
  if (!object.empty()) out += printable(object) + ": ";
  out += printable(what);
  if (!expected.empty() || !seen.empty()) {
    out += " (";
    if (!expected.empty()) out += "expected " + printable(expected);
    if (!expected.empty() && !seen.empty()) out += ", ";
    if (!seen.empty()) out += "seen " + printable(seen);
    out += ")";
  }
  if (!hint.empty()) out += "\n  " + printable(hint);
  return out;
}

const char* name_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::invalid: return "invalid";
    case ErrorKind::not_ready: return "not_ready";
    case ErrorKind::failed: return "failed";
    case ErrorKind::unknown: return "unknown";
    case ErrorKind::timed_out: return "timed_out";
    case ErrorKind::foreign: return "foreign";
    case ErrorKind::interrupted: return "interrupted";
    case ErrorKind::held: return "held";
    case ErrorKind::waiting: return "waiting";
  }
  return "failed";
}

}  // namespace pgcleave
