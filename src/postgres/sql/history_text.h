// The text of a timeline history file: a line for each ancestor, "1<tab>0/3000000<tab>reason", which says where the
// next timeline began.
#pragma once

#include <string>

#include "postgres/lineage.h"

namespace pgcleave::postgres {

// Oldest first; `timeline`, whose history it is, is the last one.
Result<std::vector<Timeline>> read_history(std::uint32_t timeline, const std::string& text);

std::string history_file(std::uint32_t timeline);  // "00000002.history"

}  // namespace pgcleave::postgres
