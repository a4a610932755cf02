// "Did you mean": the candidate with the smallest edit distance, if it is close enough to be a slip of the finger.
#pragma once

#include <string>
#include <vector>

namespace pgcleave {

// Empty when nothing is close.
std::string closest(const std::string& word, const std::vector<std::string>& candidates);

}  // namespace pgcleave
