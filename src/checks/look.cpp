#include "checks/look.h"

namespace pgcleave::checks {

Result<postgres::Connection*> Look::session(steps::Side& side) {
  TRY_ASSIGN(auto* leader, side.leader(deadline_));
  TRY(leader->simple("SET default_transaction_read_only TO on", deadline_));
  return leader;
}

}  // namespace pgcleave::checks
