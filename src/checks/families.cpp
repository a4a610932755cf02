#include "checks/families.h"

#include "base/format.h"

namespace pgcleave::checks {

// clang-format off
#define PGCLEAVE_CHECK_FAMILIES(family) \
  family(topology) \
  family(settings) \
  family(schema) \
  family(workload) \
  family(fence) \
  family(process) \
  family(access)
// clang-format on

#define PGCLEAVE_DECLARE(family) Result<Findings> family(Look& look);
PGCLEAVE_CHECK_FAMILIES(PGCLEAVE_DECLARE)

const std::vector<Family>& families() {
#define PGCLEAVE_ROW(family) {#family, family},
  static const std::vector<Family> rows{PGCLEAVE_CHECK_FAMILIES(PGCLEAVE_ROW)};
  return rows;
}

Findings look_at(steps::World& world, const std::vector<Family>& families, const Asked& asked, Duration each) {
  Findings all;
  for (const auto& family : families) {
    Look look(world, asked, Deadline::in(each + asked.observe));
    auto found = family.look(look);
    if (found) {
      all.insert(all.end(), found->begin(), found->end());
      continue;
    }
    all.push_back({fmt::format("{}.not_checked", family.name), Severity::blocker, fmt::format("checks of family {}", family.name),
                   found.error().text(), "", "what these checks would have found is not known",
                   "mend what is in the way, then: pgcleave check" + look.with_environment()});
  }
  return all;
}

}  // namespace pgcleave::checks
