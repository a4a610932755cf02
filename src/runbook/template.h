// Text cut at its references: "lag of ${env.name}" is literal, reference, literal.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runbook/expressions.h"

namespace pgcleave::runbook {

struct Piece {
  std::string literal;
  std::optional<Reference> reference;  // set: a reference, literal is empty
};

// `invalid` for a "${" that is not a reference. "$${" becomes the literal "${".
Result<std::vector<Piece>> cut(const std::string& text);

// The referenced value, or `invalid` with what is unknown.
Result<Json> look_up(const Reference& reference, const Scope& scope);

// A value inside a longer text.
std::string as_text(const Json& value);

// Set when the text is one reference and nothing else.
std::optional<Reference> sole_reference(const std::string& text);

}  // namespace pgcleave::runbook
