#include "fence/owner_state.h"

#include "base/format.h"
#include "fence/canary.h"
#include "fence/sql/fence_sql.h"

namespace pgcleave::fence {

Result<std::string> witness_in_force(postgres::Connection& connection, const std::string& split, Deadline deadline) {
  TRY_ASSIGN(const auto rows, connection.query("SELECT COALESCE(pg_catalog.current_setting($1, true), '') AS witness",
                                               {witness_setting(split)}, deadline));
  return rows.text(0, "witness");
}

Result<OwnerState> owner_state(postgres::Connection& connection, const std::string& split, Owner side,
                               Deadline deadline) {
  OwnerState state;
  TRY_ASSIGN(state.owner, owner(connection, split, deadline));
  TRY_ASSIGN(state.witness, witness_in_force(connection, split, deadline));
  if (!state.owner) return state;
  TRY_ASSIGN(const auto rows, connection.query(fmt::format(R"sql(
      SELECT COALESCE(pg_catalog.pg_sequence_last_value(pg_catalog.to_regclass($2)), 0) AS taken,
             (SELECT c.token FROM {} c ORDER BY c.at DESC LIMIT 1) AS canary, l.run, l.epoch, l.expected, l.next
        FROM (SELECT) one
        LEFT JOIN (SELECT * FROM pgcleave.ownership_log p
                    WHERE p.split = $1 AND p.expected <> p.next ORDER BY p.id DESC LIMIT 1) l ON true)sql",
                                                           canary_of(split, side).sql()),
                                               {split, fence_object("epoch", split)}, deadline));
  state.epoch = static_cast<int>(rows.number(0, "taken"));
  if (!rows.is_null(0, "canary")) state.newest_canary = rows.text(0, "canary");
  if (rows.is_null(0, "run")) return state;
  state.last = OwnershipRow{rows.text(0, "run"), static_cast<int>(rows.number(0, "epoch")),
                            static_cast<Owner>(rows.number(0, "expected")), static_cast<Owner>(rows.number(0, "next"))};
  return state;
}

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
