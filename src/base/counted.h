// "1 row", "2 rows": for nouns that take an s.
#pragma once

#include <concepts>
#include <string>

#include "base/format.h"

namespace pgcleave {

std::string counted(std::integral auto number, const std::string& noun) {
  return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

}  // namespace pgcleave
