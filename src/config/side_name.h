// The two sides of a split. As text, "source" or "target", they stand in files, in the journal and in messages alone.
#pragma once

#include <string>

#include "base/json.h"
#include "base/result.h"

namespace pgcleave::config {

enum class SideName { source, target };

const char* name_of(SideName side);
SideName other(SideName side);

// `invalid` for any text but "source" and "target".
Result<SideName> side_named(const std::string& text);

// For `with.at("on").get<SideName>()`. Throws Json's exception for anything else, as Json does for a value of another
// type.
void from_json(const Json& json, SideName& side);

}  // namespace pgcleave::config
