#include "runbook/expressions.h"

#include "runbook/template.h"

namespace pgcleave::runbook {
namespace {

Result<void> collect(const Json& value, std::vector<Reference>& found) {
  if (value.is_structured()) {
    for (const auto& each : value) TRY(collect(each, found));
    return {};
  }
  if (!value.is_string()) return {};
  TRY_ASSIGN(const auto pieces, cut(value.get_ref<const std::string&>()));
  for (const auto& piece : pieces) {
    if (piece.reference) found.push_back(*piece.reference);
  }
  return {};
}

Result<Json> resolve_text(const std::string& text, const Scope& scope) {
  TRY_ASSIGN(const auto pieces, cut(text));
  if (pieces.size() == 1 && pieces.front().reference) return look_up(*pieces.front().reference, scope);
  std::string out;
  for (const auto& piece : pieces) {
    if (!piece.reference) {
      out += piece.literal;
      continue;
    }
    TRY_ASSIGN(const auto value, look_up(*piece.reference, scope));
    out += as_text(value);
  }
  return Json(out);
}

}  // namespace

Result<std::vector<Reference>> references(const Json& value) {
  std::vector<Reference> found;
  TRY(collect(value, found));
  return found;
}

Result<Json> resolve(const Json& value, const Scope& scope) {
  if (value.is_string()) return resolve_text(value.get_ref<const std::string&>(), scope);
  if (!value.is_structured()) return value;
  auto out = value;
  for (auto& each : out) {
    TRY_ASSIGN(each, resolve(each, scope));
  }
  return out;
}

}  // namespace pgcleave::runbook
