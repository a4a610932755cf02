// The family access: can everybody log in who has to, and where? Else it would show while clients wait.
#include "checks/access/access.h"

#include "checks/families.h"

namespace pgcleave::checks {

Result<Findings> access(CheckContext& context) {
  TRY_ASSIGN(const auto logins, try_logins(context));
  return judge_logins(logins);
}

}  // namespace pgcleave::checks
