#include "checks/schema/stale_half.h"

#include "base/format.h"
#include "world/link.h"

namespace pgcleave::checks {
namespace {

// "what it is: what fixes it"
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

Result<Findings> of_half(CheckContext& context, world::Side& on, const char* which) {
  const world::Half of{context.world(), on, which};
  TRY_ASSIGN(const auto half, stale_half(of, context.deadline()));
  return uses_of(of, half, context.deadline());
}

}  // namespace

Result<Findings> uses_of(const world::Half& of, const world::StaleHalf& half, Deadline deadline) {
  TRY_ASSIGN(auto* leader, of.on.leader(deadline));
  TRY_ASSIGN(const auto obstacles,
             fence::obstacles_to_truncation(*leader, half.tables, world::link_names(of.world), deadline));
  Findings found;
  for (const auto& obstacle : obstacles) found.push_back(in_use(of.on.label(), of.which, obstacle));
  return found;
}

Result<Findings> inspect_stale_halves(CheckContext& context) {
  TRY_ASSIGN(const auto why_not, world::not_split(context.world(), context.deadline()));
  if (!why_not.empty()) return Findings{};
  Findings all;
  // What can't be proven stale is named by check.truncation, and left alone.
  if (auto moved = of_half(context, context.world().source, "moved")) take(all, std::move(*moved));
  if (auto kept = of_half(context, context.world().target, "kept")) take(all, std::move(*kept));
  return all;
}

}  // namespace pgcleave::checks
