// Parameters that several step kinds have in common.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "postgres/catalog.h"
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

// Kinds that change something, and whose failure past the point of no return is a miss all the same, as that of a check
// is: what they change is made good later.

bool may_be_missed(const std::string& kind);

// Tables in `before`: what undo has to go by in another process.

inline Json names_in_json(const std::vector<postgres::TableName>& tables) {
  Json names = Json::array();
  for (const auto& table : tables) names.push_back({{"schema", table.schema}, {"name", table.name}});
  return names;
}

inline std::vector<postgres::TableName> names_from_json(const Json& names) {
  std::vector<postgres::TableName> tables;
  for (const auto& name : names) tables.push_back({name.at("schema"), name.at("name")});
  return tables;
}

}  // namespace pgcleave::steps
