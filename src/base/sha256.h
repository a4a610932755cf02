// SHA-256 in lower-case hexadecimal: names frozen texts and chains the journal.
#pragma once

#include <string>

namespace pgcleave {

std::string sha256(const std::string& text);

}  // namespace pgcleave
