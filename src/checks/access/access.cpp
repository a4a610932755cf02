// The family access: can everybody log in who has to, and where, and may our role do what steps do? Else it would show
// while clients wait.
#include "checks/access/access.h"

#include <algorithm>

#include "checks/access/rights.h"
#include "checks/families.h"

namespace pgcleave::checks {
namespace {

bool side_refuses(const std::vector<Login>& logins, const world::Side& side) {
  return std::any_of(logins.begin(), logins.end(), [&](const auto& login) {
    return login.id == "own_login" && login.to == side.label() && login.result != LoginResult::works;
  });
}

}  // namespace

Result<Findings> access(CheckContext& context) {
  TRY_ASSIGN(const auto logins, try_logins(context));
  auto found = judge_logins(logins);
  for (auto* side : {&context.world().source, &context.world().target}) {
    const auto seen = rights_on(context.world(), *side, context.deadline());
    if (seen) take(found, judge_rights(*seen));  // a side that nobody can log in to is told of above
    if (!seen && !side_refuses(logins, *side)) return fail(seen.error());
  }
  return found;
}

}  // namespace pgcleave::checks
