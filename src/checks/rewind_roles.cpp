#include "checks/rewind_roles.h"

namespace pgcleave::checks {
namespace {

// Rights to functions are the database's own, and Patroni rewinds through its `postgresql.database`, by default this one (3.0 to 4.0).
constexpr auto patronis_database = "postgres";

// What pg_rewind calls on the server that it copies from (PostgreSQL 11 to 17). A superuser may call it anyway.
constexpr auto roles_sql = R"sql(
    WITH f (name) AS (VALUES ('pg_catalog.pg_ls_dir(text, boolean, boolean)'), ('pg_catalog.pg_stat_file(text, boolean)'),
                             ('pg_catalog.pg_read_binary_file(text)'),
                             ('pg_catalog.pg_read_binary_file(text, bigint, bigint, boolean)'))
    SELECT r.rolname, f.name FROM pg_catalog.pg_roles r, f
     WHERE r.rolcanlogin AND NOT r.rolsuper AND NOT pg_catalog.has_function_privilege(r.oid, f.name, 'EXECUTE')
       AND (r.rolname ~* 'rewind' OR EXISTS (SELECT FROM f WHERE pg_catalog.has_function_privilege(r.oid, f.name, 'EXECUTE')))
     ORDER BY 1, 2)sql";

}  // namespace

Result<std::vector<RewindRole>> look_at_rewind_roles(Look& look, steps::Side& side) {
  std::vector<RewindRole> roles;
  TRY_ASSIGN(const auto view, side.patroni().view(look.deadline()));
  if (view.leader() == nullptr) return roles;
  auto settings = side.settings_for(view.leader()->host, view.leader()->port, view.leader()->name);
  settings.values["dbname"] = patronis_database;
  auto session = postgres::Connection::open(settings, look.deadline());
  if (!session && session.error().code == "3D000") return roles;  // there is no such database: Patroni uses another
  if (!session) return fail(session.error());
  TRY(session->simple("SET default_transaction_read_only TO on", look.deadline()));
  TRY_ASSIGN(const auto rows, session->query(roles_sql, {}, look.deadline()));
  for (std::size_t row = 0; row < rows.size(); ++row) {
    if (roles.empty() || roles.back().name != rows.text(row, "rolname")) roles.push_back({rows.text(row, "rolname"), {}});
    roles.back().lacks.push_back(rows.text(row, "name"));
  }
  return roles;
}

}  // namespace pgcleave::checks
