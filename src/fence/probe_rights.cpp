#include "fence/probe_rights.h"

#include "base/format.h"
#include "fence/sql/fence_sql.h"

namespace pgcleave::fence {
namespace {

std::string quoted(const std::vector<std::string>& users) {
  std::string list;
  for (const auto& user : users) list += (list.empty() ? "" : ", ") + postgres::quote_identifier(user);
  return list;
}

// `verb`: "GRANT {} ON {} TO {}" or "REVOKE {} ON {} FROM {}".
Result<void> change(postgres::Connection& primary, const std::string& split, const std::vector<std::string>& users,
                    const char* verb, Deadline deadline) {
  if (users.empty()) return {};
  const auto canaries = fence_object("canary_source", split) + ", " + fence_object("canary_target", split);
  const auto statement = [&](const char* rights, const std::string& tables) {
    return fmt::format(fmt::runtime(verb), rights, tables, quoted(users));
  };
  TRY(primary.simple(fmt::format("SELECT {}; {}; {}", split_lock_sql(split), statement("INSERT, SELECT", canaries),
                                 statement("INSERT, UPDATE, SELECT", fence_object("probe", split))),
                     deadline));
  return {};
}

}  // namespace

Result<std::vector<std::string>> without_probe_rights(postgres::Connection& connection, const std::string& split,
                                                      const std::vector<std::string>& users, Deadline deadline) {
  std::vector<std::string> without;
  if (users.empty()) return without;
  TRY_ASSIGN(const auto rows,
             connection.query(R"sql(
      SELECT r.rolname
        FROM pg_catalog.pg_roles r
       WHERE r.rolname = ANY ($1::text[])
         AND NOT pg_catalog.pg_has_role(
               r.oid, (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = current_user), 'USAGE')
         AND NOT COALESCE(pg_catalog.has_table_privilege(r.oid, pg_catalog.to_regclass($2), 'INSERT')
                          AND pg_catalog.has_table_privilege(r.oid, pg_catalog.to_regclass($2), 'UPDATE')
                          AND pg_catalog.has_table_privilege(r.oid, pg_catalog.to_regclass($2), 'SELECT')
                          AND pg_catalog.has_table_privilege(r.oid, pg_catalog.to_regclass($3), 'INSERT')
                          AND pg_catalog.has_table_privilege(r.oid, pg_catalog.to_regclass($4), 'INSERT'), false)
       ORDER BY 1)sql",
                              {postgres::array_literal(users), fence_object("probe", split),
                               fence_object("canary_source", split), fence_object("canary_target", split)},
                              deadline));
  for (std::size_t row = 0; row < rows.size(); ++row) without.push_back(rows.text(row, "rolname"));
  return without;
}

Result<void> grant_probe_rights(postgres::Connection& primary, const std::string& split,
                                const std::vector<std::string>& users, Deadline deadline) {
  return change(primary, split, users, "GRANT {} ON {} TO {}", deadline);
}

Result<void> revoke_probe_rights(postgres::Connection& primary, const std::string& split,
                                 const std::vector<std::string>& users, Deadline deadline) {
  return change(primary, split, users, "REVOKE {} ON {} FROM {}", deadline);
}

}  // namespace pgcleave::fence
