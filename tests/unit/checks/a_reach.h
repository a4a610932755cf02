// A small split for the judges: builds and jobs of schema ci move, users and accounts of public stay, public.currencies is shared.
#pragma once

#include "checks/finding.h"
#include "checks/reach.h"

namespace pgcleave::checks {

inline steps::SplitTables small_split() {
  const auto table = [](std::uint32_t oid, const char* schema, const char* name) {
    postgres::Table one;
    one.oid = oid;
    one.name = one.root = {schema, name};
    return one;
  };
  return {"ci", {table(1, "ci", "builds"), table(2, "ci", "jobs")}, {table(3, "public", "users"), table(4, "public", "accounts")}};
}

// "blocker schema.view_crosses view x on source main"
inline std::vector<std::string> lines(const Findings& findings) {
  std::vector<std::string> out;
  for (const auto& one : findings) out.push_back(std::string(name_of(one.severity)) + " " + one.id + " " + one.object);
  return out;
}

}  // namespace pgcleave::checks
