#include "fence/sql/witness.h"

#include <algorithm>
#include <string_view>

#include "base/format.h"

namespace pgcleave::fence {

std::string Witness::text() const {
  return fmt::format("{}, epoch {}", name_of(owner), epoch);
}

std::string witness_setting(const std::string& split) {
  return "pgcleave." + split;
}

std::optional<Witness> read_witness(const std::string& text) {
  constexpr std::string_view between = ", epoch ";
  constexpr std::size_t most_digits = 9;
  for (const Owner owner : {Owner::source, Owner::target}) {
    const std::string before = name_of(owner) + std::string(between);
    if (!text.starts_with(before)) continue;
    const std::string epoch = text.substr(before.size());
    const bool digits = std::all_of(epoch.begin(), epoch.end(), [](char one) { return one >= '0' && one <= '9'; });
    if (epoch.empty() || epoch.size() > most_digits || !digits) return {};
    return Witness{owner, std::stoi(epoch)};
  }
  return {};
}

}  // namespace pgcleave::fence
