// Catch2 3, as Debian 13 has it, by the header's name of Catch2 2, as Debian 12 has it.
#pragma once
#include <catch2/catch_all.hpp>

using Catch::Approx;

namespace Catch {
// A text's, which Catch2 3 calls another name; its Contains is of ranges.
inline auto Contains(const std::string& part) {
  return Matchers::ContainsSubstring(part);
}
}  // namespace Catch
