// Names of tables and schemas in SQL identifier syntax, by PostgreSQL's rules.
#pragma once

#include "base/result.h"
#include "config/split.h"

namespace pgcleave::config {

// "ci.builds", "public.\"Weird Name\"", "users" (public is meant). Unquoted names fold to lower case; names over 63
// bytes, which PostgreSQL would cut in silence, are `invalid`.
Result<Name> parse_table_name(const std::string& text);
Result<std::string> parse_schema_name(const std::string& text);

}  // namespace pgcleave::config
