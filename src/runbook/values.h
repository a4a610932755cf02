// Values of the language's types: read from a file, from the command line, or come out of an expression.
#pragma once

#include <optional>
#include <string>

#include "base/json.h"
#include "base/result.h"
#include "config/yaml.h"
#include "runbook/vocabulary.h"

namespace pgcleave::runbook {

// The value as Json: integers and booleans as such, lists and maps with all their scalars as text, the rest as text in
// the form that was written. Reports under `name` what is not of the type.
std::optional<Json> read_value(const config::Node& node, Type type, const std::string& name,
                               config::Problems& problems);

// Text, lists and maps as they stand, without a type: scalars are text.
std::optional<Json> read_untyped(const config::Node& node, const std::string& name, config::Problems& problems);

// `invalid` when a resolved value is not of the parameter's type or choices. A number or boolean where text is asked
// becomes text.
Result<Json> fit(const Json& value, const Parameter& parameter);

// `invalid` when text is not of a type that is written as text (text, duration, bytes, lsn, side).
Result<void> check_text(const std::string& text, Type type);

std::optional<Type> type_named(const std::string& name);
std::vector<std::string> type_names();

}  // namespace pgcleave::runbook
