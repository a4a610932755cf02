// Names of tables and schemas in SQL identifier syntax, by PostgreSQL's rules.
#pragma once

#include <string>

#include "base/result.h"
#include "config/split.h"

namespace pgcleave::config {

// "ci.builds", "public.\"Weird Name\"", "users" (public is meant). Unquoted names fold to lower case; names over 63
// bytes, which PostgreSQL would cut in silence, are `invalid`.
Result<Name> parse_table_name(const std::string& text);
Result<std::string> parse_schema_name(const std::string& text);

// Whether the whole text matches: * is any run of characters, ? is one character (of UTF-8), all else is itself.
// Time at most pattern times text, whatever the pattern.
bool matches(const std::string& pattern, const std::string& text);

}  // namespace pgcleave::config
