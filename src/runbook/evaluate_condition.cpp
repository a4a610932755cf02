#include <algorithm>

#include "base/format.h"
#include "config/problems.h"
#include "runbook/comparison.h"
#include "runbook/condition.h"
#include "runbook/expressions.h"
#include "runbook/template.h"

namespace pgcleave::runbook {
namespace {

Result<bool> evaluate(const Condition& condition, const Scope& scope);

Result<bool> boolean(const std::string& operand, const Scope& scope) {
  TRY_ASSIGN(const auto value, resolve(operand, scope));
  const auto text = as_text(value);
  if (text == "true" || text == "false") return text == "true";
  return fail({ErrorKind::invalid, "", "a value that stands alone in a condition must be true or false", "",
               config::shown(text), "compare it: ${step.output} == 'value'", ""});
}

// All parts are evaluated, also when the first decides: a reference that is unknown is an error whatever the others
// say.
Result<bool> evaluate_parts(const Condition& condition, const Scope& scope) {
  std::vector<bool> parts;
  for (const auto& part : condition.parts) {
    TRY_ASSIGN(const bool value, evaluate(part, scope));
    parts.push_back(value);
  }
  const auto is_true = [](bool value) { return value; };
  if (condition.kind == Condition::Kind::negation) return !parts.front();
  if (condition.kind == Condition::Kind::any) return std::any_of(parts.begin(), parts.end(), is_true);
  return std::all_of(parts.begin(), parts.end(), is_true);
}

Result<bool> evaluate(const Condition& condition, const Scope& scope) {
  if (condition.kind == Condition::Kind::alone) return boolean(condition.left, scope);
  if (condition.kind != Condition::Kind::comparison) return evaluate_parts(condition, scope);
  TRY_ASSIGN(const auto left, resolve(condition.left, scope));
  TRY_ASSIGN(const auto right, resolve(condition.right, scope));
  return compare(left, condition.sign, right);
}

}  // namespace

Result<bool> evaluate_condition(const std::string& condition, const Scope& scope) {
  TRY_ASSIGN(const auto parsed, parse_condition(condition));
  return evaluate(parsed, scope);
}

Result<void> check_condition(const std::string& condition) {
  return parse_condition(condition).map([](const auto&) {});
}

}  // namespace pgcleave::runbook
