#include "base/format.h"
#include "runbook/expressions.h"
#include "runbook/runbook.h"
#include "runbook/values.h"

namespace pgcleave::runbook {

Result<Json> resolve_with(const StepLine& step, const StepDescription& kind, const Json& scope) {
  auto out = Json::object();
  for (const auto& parameter : kind.parameters) {
    const auto written = step.with.find(parameter.name);
    if (written == step.with.end()) continue;
    auto value = resolve(*written, scope).and_then([&](const Json& resolved) { return fit(resolved, parameter); });
    if (!value) {
      value.error().object = fmt::format("step '{}', parameter '{}'", step.id, parameter.name);
      return fail(value.error());
    }
    out[parameter.name] = std::move(*value);
  }
  return out;
}

}  // namespace pgcleave::runbook
