#include "base/error.h"

namespace pgcleave {

std::string Error::text() const {
  std::string out;
  if (!object.empty()) out += printable(object) + ": ";
  out += printable(what);
  // A question says already what is to be typed.
  const bool tell_expected =
      !expected.empty() && (kind != ErrorKind::waiting || what.find(expected) == std::string::npos);
  if (tell_expected || !seen.empty()) {
    out += " (";
    if (tell_expected) out += "expected " + printable(expected);
    if (tell_expected && !seen.empty()) out += ", ";
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
    case ErrorKind::conflict: return "conflict";
    case ErrorKind::interrupted: return "interrupted";
    case ErrorKind::held: return "held";
    case ErrorKind::waiting: return "waiting";
  }
  return "failed";
}

}  // namespace pgcleave
