// New inputs from old ones: bytes flipped, cut, doubled, spliced, and pieces put in that parsers trip over.
#pragma once

#include <random>
#include <string>
#include <vector>

namespace pgcleave::fuzz {

class Mutation {
 public:
  Mutation(std::uint64_t seed, std::size_t largest) : random_(seed), largest_(largest) {}

  // `corpus` is not empty.
  std::string next(const std::vector<std::string>& corpus);

 private:
  std::size_t below(std::size_t bound) {
    return bound == 0 ? 0 : std::uniform_int_distribution<std::size_t>(0, bound - 1)(random_);
  }
  void once(std::string& text, const std::vector<std::string>& corpus);

  std::mt19937_64 random_;
  std::size_t largest_;
};

}  // namespace pgcleave::fuzz
