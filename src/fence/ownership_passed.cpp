#include "fence/ownership_passed.h"

namespace pgcleave::fence {

Result<std::optional<OwnershipPassed>> ownership_passed(postgres::Connection& connection, const std::string& split,
                                                        Owner owner, Deadline deadline) {
  TRY_ASSIGN(
      const auto log,
      connection.query("SELECT pg_catalog.to_regclass('pgcleave.ownership_log') IS NOT NULL AS there", {}, deadline));
  if (!log.boolean(0, "there")) return std::optional<OwnershipPassed>();
  TRY_ASSIGN(const auto rows,
             connection.query(
                 "SELECT run, (pg_catalog.date_part('epoch', at) * 1000000)::pg_catalog.int8 AS at_us "
                 "FROM pgcleave.ownership_log WHERE split = $1 AND expected <> next AND next = $2::pg_catalog.int4 "
                 "ORDER BY id DESC LIMIT 1",
                 {split, std::to_string(static_cast<int>(owner))}, deadline));
  if (rows.empty()) return std::optional<OwnershipPassed>();
  return std::optional<OwnershipPassed>({owner, rows.text(0, "run"), rows.number(0, "at_us")});
}

}  // namespace pgcleave::fence
