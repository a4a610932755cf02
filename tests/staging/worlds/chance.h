#pragma once
#include <cstdint>
#include <random>
#include <vector>

namespace pgcleave_worlds {

// All that is random in a world comes from its seed. Not std's distributions: they differ between standard libraries.
class Chance {
 public:
  Chance(std::uint64_t seed, std::uint64_t stream)
      : engine_(seed * 0x9E3779B97F4A7C15ULL + stream * 0xD1B54A32D192ED03ULL + 1) {
    engine_.discard(8);
  }
  int below(int n) { return static_cast<int>(engine_() % static_cast<std::uint64_t>(n)); }
  int between(int low, int high) { return low + below(high - low + 1); }
  bool percent(int share) { return below(100) < share; }
  template <typename Things>
  auto& pick(Things& things) {
    return things[static_cast<std::size_t>(below(static_cast<int>(things.size())))];
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace pgcleave_worlds
