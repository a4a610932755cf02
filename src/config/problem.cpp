#include "config/problem.h"

#include "base/error.h"
#include "base/format.h"

namespace pgcleave::config {

std::string Position::text() const {
  return line == 0 ? printable(file) : fmt::format("{}:{}:{}", printable(file), line, column);
}

std::string Problem::text() const {
  auto out = at.text() + ": " + printable(what);
  if (!hint.empty()) out += "\n  " + printable(hint);
  return out;
}

Json Problem::json() const {
  return {{"file", at.file}, {"line", at.line}, {"column", at.column}, {"what", what}, {"hint", hint}};
}

}  // namespace pgcleave::config
