#include "checks/families.h"

#include <algorithm>

#include "base/format.h"

namespace pgcleave::checks {

// clang-format off
#define PGCLEAVE_CHECK_FAMILIES(family) \
  family(topology) \
  family(settings) \
  family(schema) \
  family(workload) \
  family(fence) \
  family(access)
// clang-format on

#define PGCLEAVE_DECLARE(family) Result<Findings> family(CheckContext& context);
PGCLEAVE_CHECK_FAMILIES(PGCLEAVE_DECLARE)

namespace {

std::vector<Family>& rows() {
#define PGCLEAVE_ROW(family) {#family, family},
  static std::vector<Family> all{PGCLEAVE_CHECK_FAMILIES(PGCLEAVE_ROW)};
  return all;
}

}  // namespace

const std::vector<Family>& families() {
  return rows();
}

void offer(const Family& family) {
  auto& all = rows();
  const bool known =
      std::any_of(all.begin(), all.end(), [&](const auto& one) { return one.name == std::string(family.name); });
  if (!known) all.push_back(family);
}

Result<std::vector<Family>> families_named(const std::vector<std::string>& names) {
  std::vector<Family> chosen;
  for (const auto& name : names) {
    const auto& all = families();
    const auto family = std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.name == name; });
    if (family == all.end())
      return fail({ErrorKind::invalid, "family " + name, "is no family of checks", "", "", "see docs/checks.md", ""});
    chosen.push_back(*family);
  }
  return chosen;
}

Findings inspect(world::World& world, const std::vector<Family>& families, const Asked& asked, Duration each) {
  Findings all;
  for (const auto& family : families) {
    CheckContext context(world, asked, Deadline::in(each + asked.observe));
    auto found = family.inspect(context);
    if (found) {
      all.insert(all.end(), found->begin(), found->end());
      continue;
    }
    all.push_back({fmt::format("{}.not_checked", family.name), Severity::blocker,
                   fmt::format("checks of family {}", family.name), found.error().text(), "",
                   "what these checks would have found is not known",
                   "fix what is in the way, then: pgcleave check" + context.with_environment()});
  }
  return all;
}

}  // namespace pgcleave::checks
