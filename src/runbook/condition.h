// The grammar of `when`:
//   any        = all { "or" all }
//   all        = negation { "and" negation }
//   negation   = "not" negation | "(" any ")" | comparison
//   comparison = operand [ ("==" | "!=" | "<" | "<=" | ">" | ">=") operand ]
//   operand    = ${reference} | 'text' | "text" | word         (quoted text may hold references)
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace pgcleave::runbook {

struct Condition {
  enum class Kind { any, all, negation, comparison, alone };
  Kind kind = Kind::alone;
  std::vector<Condition> parts;  // of any, all, negation
  std::string left;              // operands: text with references
  std::string sign;
  std::string right;
};

// `invalid` with the column (from 1) where it went wrong. Bounded: 4 KiB of text, 32 levels.
Result<Condition> parse_condition(const std::string& text);

}  // namespace pgcleave::runbook
