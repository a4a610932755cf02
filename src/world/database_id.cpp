#include "world/database_id.h"

#include "base/format.h"

namespace pgcleave::world {
namespace {

bool may_be_one(const std::string& one, const std::string& other) {
  return one.empty() || other.empty() || one == other;
}

std::string or_unknown(const std::string& value) {
  return value.empty() ? "unknown" : value;
}

}  // namespace

DatabaseId DatabaseId::of(const postgres::Identity& identity) {
  return {identity.system_identifier, identity.database, identity.database_oid};
}

bool DatabaseId::may_be(const DatabaseId& other) const {
  return may_be_one(system_identifier, other.system_identifier) && may_be_one(name, other.name) &&
         may_be_one(oid, other.oid);
}

std::string DatabaseId::text() const {
  return fmt::format("database {}, OID {}, of system {}", or_unknown(name), or_unknown(oid),
                     or_unknown(system_identifier));
}

}  // namespace pgcleave::world
