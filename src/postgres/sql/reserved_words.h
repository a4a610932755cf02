#pragma once

#include <string>

namespace pgcleave::postgres {

// Words that can't name a table without quotes. The list is PostgreSQL 15's pg_get_keywords() without the unreserved
// ones, and what versions up to 18 added.
bool is_reserved_word(const std::string& word);

}  // namespace pgcleave::postgres
