#include "runbook/change.h"

#include "base/units.h"
#include "runbook/expressions.h"

namespace pgcleave::runbook {

double budget_ms(const Change& change, PhaseKind window) {
  for (const auto& one : change.runbook.phases) {
    if (one.kind != window) continue;
    const auto resolved = resolve(Json(one.budget), {{"params", change.params}});
    const auto budget =
        resolved && resolved->is_string() ? parse_duration(resolved->get<std::string>()) : Duration::zero();
    return budget ? milliseconds(*budget) : 0;
  }
  return 0;
}

}  // namespace pgcleave::runbook
