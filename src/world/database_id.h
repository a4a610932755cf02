// Which database of which server: what a run began with is compared with what a later connection leads to.
#pragma once

#include <string>

#include "postgres/identity.h"

namespace pgcleave::world {

// Restarts, failovers, promotions and new copies of a cluster leave it as it is. A copy under another name has the
// same, so names are compared besides (app/same_environment.h). What is empty is not known, and may be anything.
struct DatabaseId {
  std::string system_identifier;
  std::string name;
  std::string oid;

  static DatabaseId of(const postgres::Identity& identity);
  [[nodiscard]] bool may_be(const DatabaseId& other) const;
  [[nodiscard]] std::string text() const;  // "database app, OID 16401, of system 7443817265019382745"
};

}  // namespace pgcleave::world
