#include "shrink.h"

#include <fmt/format.h>

#include "../lab/waiting.h"

namespace pgcleave_worlds {
namespace {

bool fails_alike(const Verdict& one, const Verdict& other) {
  for (const auto& found : other.violations)
    if (found.kind == one.violations.front().kind) return true;
  return false;
}

std::string joined(const std::set<std::string>& texts) {
  std::string out;
  for (const auto& text : texts) out += (out.empty() ? "" : ",") + text;
  return out;
}

}  // namespace

// First half of what is left at a time, then each part alone; events from the last on.
Shrunk shrink(const WorldPlan& plan, const Verdict& verdict, const Settings& settings, std::chrono::seconds limit) {
  Shrunk best{plan, verdict, 0};
  const auto deadline = pgcleave_lab::Clock::now() + limit;
  const auto attempt = [&](const std::vector<std::string>& without) {
    if (without.empty() || pgcleave_lab::Clock::now() >= deadline || pgcleave_lab::interrupted()) return false;
    WorldPlan smaller = best.plan;
    smaller.left_out.insert(without.begin(), without.end());
    World world(smaller, settings, settings.work / fmt::format("shrink-{}-{}", plan.number, ++best.tries));
    Verdict seen = world.run();
    if (seen.broken_lab || !fails_alike(verdict, seen)) return false;
    best.plan = smaller;
    best.verdict = seen;
    return true;
  };
  for (std::size_t size = parts(best.plan).size() / 2; size >= 1; size /= 2) {
    const auto left = parts(best.plan);
    for (std::size_t at = 0; at < left.size(); at += size)
      attempt({left.begin() + static_cast<std::ptrdiff_t>(at),
               left.begin() + static_cast<std::ptrdiff_t>(std::min(at + size, left.size()))});
  }
  return best;
}

std::string as_scenario(const WorldPlan& plan, const Verdict& verdict, std::uint64_t seed) {
  std::string text =
      fmt::format("--- a world that fails: seed {}, world {}\nagain: script/test worlds --seed {} --world {}{}{}\n",
                  seed, plan.number, seed, plan.number, plan.stale_members ? " --stale-members" : "",
                  plan.left_out.empty() ? "" : " --without " + joined(plan.left_out));
  text += fmt::format("{} bouncers, {} members of the source, {} of the target\n", plan.bouncers, plan.source_members,
                      plan.target_members);
  for (const auto& line : verdict.story) text += line + "\n";
  int told = 0;
  for (const auto& violation : verdict.violations) {
    if (++told > 12) break;
    text += fmt::format("VIOLATION after {}: {}: {}\n", verdict.at, violation.kind, violation.text);
  }
  return text;
}

}  // namespace pgcleave_worlds
