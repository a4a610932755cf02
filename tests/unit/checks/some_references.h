// A small split for the judges: builds and jobs of schema ci move, users and accounts of public stay, public.currencies
// is shared.
#pragma once

#include "checks/table_references.h"
#include "lines.h"

namespace pgcleave::checks {

inline const postgres::TableName builds{"ci", "builds"}, jobs{"ci", "jobs"}, users{"public", "users"},
    accounts{"public", "accounts"}, currencies{"public", "currencies"};

inline world::SplitTables small_split() {
  const auto table = [](std::uint32_t oid, const char* schema, const char* name) {
    postgres::Table one;
    one.oid = oid;
    one.name = one.root = {schema, name};
    return one;
  };
  return {"ci",
          {table(1, "ci", "builds"), table(2, "ci", "jobs")},
          {table(3, "public", "users"), table(4, "public", "accounts")}};
}

}  // namespace pgcleave::checks
