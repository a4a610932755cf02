// ${params.x}, ${env.x}, ${step.output}; comparisons (== != < <= > >=), `and`, `or`, `not` in `when` only. No
// templates.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace pgcleave::runbook {

// What expressions can read: {"params": {...}, "env": {...}, "<step id>": {outputs}}.
using Scope = Json;

struct Reference {
  std::string object;  // "params", "env" or a step id
  std::string name;
};

// All references in a value (text, list, map). `invalid` for a malformed "${".
Result<std::vector<Reference>> references(const Json& value);

// Replaces references. A text that is just one reference takes the referenced value with its type; inside a longer text
// it is put in as text. `invalid` naming what is unknown. "$${" is a literal "${".
Result<Json> resolve(const Json& value, const Scope& scope);

// `when`: true or false. Durations, sizes and LSNs compare as such ("5s" < "1m"), numbers as numbers, all else as text.
// `invalid` for an order between values of two kinds ("5s" < "10"); they can only be equal or not. A value alone must
// be true or false.
Result<bool> evaluate_condition(const std::string& condition, const Scope& scope);

// Whether a condition is well formed, without its values.
Result<void> check_condition(const std::string& condition);

}  // namespace pgcleave::runbook
