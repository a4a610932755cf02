// Parameters that several step kinds have in common.
#pragma once

#include "steps/step.h"

namespace pgcleave::steps {

inline runbook::Parameter side_parameter(const char* name, const char* help) {
  return {name, runbook::Type::side, nullptr, true, help, {}};
}

inline runbook::Parameter fence_lock_timeout_parameter() {
  return {"lock_timeout",
          runbook::Type::duration,
          "300ms",
          false,
          "how long one try may hold up writers of a table. Below deadlock_timeout, so that a client never pays for a "
          "deadlock; above it "
          "PostgreSQL cancels autovacuum workers that are in the way",
          {}};
}

// Where a change of ownership must be on disk (world/durability.h).
inline runbook::Parameter durable_parameter() {
  return {"durable",
          runbook::Type::text,
          "members",
          false,
          "where a change of ownership must be on disk: members (all that Patroni may promote), or leader: a failover "
          "may bring it back",
          {"members", "leader"}};
}

// By that parameter.
inline bool waits_for_members(const Context& context) {
  return context.text("durable") != "leader";
}

}  // namespace pgcleave::steps
