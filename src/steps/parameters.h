// Parameters that several step kinds have in common.
#pragma once

#include "runbook/vocabulary.h"

namespace pgcleave::steps {

inline runbook::Parameter side_parameter(const char* name, const char* help) {
  return {name, runbook::Type::side, nullptr, true, help, {}};
}

inline runbook::Parameter fence_lock_timeout_parameter() {
  return {"lock_timeout",
          runbook::Type::duration,
          "300ms",
          false,
          "how long one try may hold up writers of a table. Below deadlock_timeout, so that a client never pays for a deadlock; above it "
          "PostgreSQL cancels autovacuum workers that are in the way",
          {}};
}

}  // namespace pgcleave::steps
