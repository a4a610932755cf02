#include "data/short_name.h"

#include "base/sha256.h"

namespace pgcleave::data {

std::string short_name(const std::string& name, const std::string& suffix) {
  constexpr std::size_t longest = 63;
  constexpr std::size_t digest = 8;
  const auto whole = name + "_" + suffix;
  if (whole.size() <= longest) return whole;
  // Cut between two characters.
  auto cut = longest - digest - 1;
  while (cut > 0 && (static_cast<unsigned char>(whole[cut]) & 0xC0U) == 0x80U) --cut;
  return whole.substr(0, cut) + "_" + sha256(whole).substr(0, digest);
}

}  // namespace pgcleave::data
