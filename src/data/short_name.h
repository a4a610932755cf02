// Names for what is made beside an object of a person's: PostgreSQL cuts names over 63 bytes in silence.
#pragma once

#include <string>

namespace pgcleave::data {

// name_suffix, at most 63 bytes, and another one for each pair.
std::string short_name(const std::string& name, const std::string& suffix);

}  // namespace pgcleave::data
