// Conditions and templates, as they stand in a runbook.
#include "runbook/expressions.h"

#include "target.h"

using namespace pgcleave;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Json scope{{"params", {{"x", "5s"}, {"n", 7}, {"list", {1, 2}}}},
                          {"env", {{"name", "lab"}}},
                          {"step", {{"lsn", "16/B374D848"}}}};
  const auto text = fuzz::text_of(data, size);
  const auto formed = runbook::check_condition(text);
  const auto held = runbook::evaluate_condition(text, scope);
  fuzz::require(formed || !held, "a condition that is not well formed does not hold");
  if (!formed) fuzz::require_printable(formed.error().text());
  if (!held) fuzz::require_printable(held.error().text());
  const auto named = runbook::references(Json(text));
  const auto resolved = runbook::resolve(Json(text), scope);
  fuzz::require(named || !resolved, "a text with a malformed reference is not resolved");
  if (!resolved) fuzz::require_printable(resolved.error().text());
  return 0;
}
