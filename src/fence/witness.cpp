#include "fence/witness.h"

#include <regex>

#include "base/format.h"

namespace pgcleave::fence {

std::string Witness::text() const {
  return fmt::format("{}, epoch {}", name_of(owner), epoch);
}

std::string witness_setting(const std::string& split) {
  return "pgcleave." + split;
}

std::optional<Witness> read_witness(const std::string& text) {
  static const std::regex pattern(witness_pattern);
  std::smatch parts;
  if (!std::regex_match(text, parts, pattern)) return {};
  return Witness{text.rfind("source", 0) == 0 ? Owner::source : Owner::target, std::stoi(parts[1].str())};
}

}  // namespace pgcleave::fence
