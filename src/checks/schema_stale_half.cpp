#include "checks/schema_stale_half.h"

#include "base/format.h"
#include "steps/link.h"

namespace pgcleave::checks {
namespace {

// "what it is: what mends it"
Finding in_use(const std::string& label, const std::string& which, const std::string& sentence) {
  const auto colon = sentence.rfind(": ");
  const bool whole = colon == std::string::npos;
  return {"schema.stale_half_in_use",
          Severity::warning,
          fmt::format("the {} tables on {}", which, label),
          whole ? sentence : sentence.substr(0, colon),
          "",
          "they are stale since the split, and a cleanup can't empty them",
          whole ? "" : sentence.substr(colon + 2)};
}

Result<Findings> of_half(CheckContext& check, const char* on, const char* which) {
  const Json with{{"on", on}, {"which", which}};
  steps::Context context{check.world(), "", with, check.deadline(), nullptr};
  TRY_ASSIGN(const auto half, steps::stale_half(context));
  return uses_of(context, half);
}

}  // namespace

Result<Findings> uses_of(steps::Context& context, const steps::StaleHalf& half) {
  TRY_ASSIGN(auto* leader, context.on().leader(context.deadline));
  TRY_ASSIGN(const auto obstacles, postgres::obstacles_to_truncation(
                                       *leader, half.tables, steps::link_names(context.world), context.deadline));
  Findings found;
  for (const auto& obstacle : obstacles) found.push_back(in_use(context.on().label(), context.text("which"), obstacle));
  return found;
}

Result<Findings> inspect_stale_halves(CheckContext& context) {
  TRY_ASSIGN(const auto why_not, steps::not_split(context.world(), context.deadline()));
  if (!why_not.empty()) return Findings{};
  Findings all;
  // What can't be proven stale is named by check.truncation, and left alone.
  if (auto moved = of_half(context, "source", "moved")) take(all, std::move(*moved));
  if (auto kept = of_half(context, "target", "kept")) take(all, std::move(*kept));
  return all;
}

}  // namespace pgcleave::checks
