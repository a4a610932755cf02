#include "checks/access/rewind_roles.h"

#include <algorithm>

#include "base/format.h"

namespace pgcleave::checks {
namespace {

// What pg_rewind calls on the server that it copies from (PostgreSQL 11 to 17). A superuser may call it anyway.
constexpr auto rewind_roles_sql = R"sql(
    WITH f (name) AS (VALUES ('pg_catalog.pg_ls_dir(text, boolean, boolean)'),
                      ('pg_catalog.pg_stat_file(text, boolean)'),
                             ('pg_catalog.pg_read_binary_file(text)'),
                             ('pg_catalog.pg_read_binary_file(text, bigint, bigint, boolean)'))
    SELECT r.rolname, f.name, pg_catalog.has_function_privilege(r.oid, f.name, 'EXECUTE') AS may,
           CASE WHEN NOT pg_catalog.has_database_privilege(r.oid, pg_catalog.current_database(), 'CONNECT')
                  THEN 'it has no CONNECT on database ' || pg_catalog.current_database()
                WHEN r.rolvaliduntil < pg_catalog.now() THEN 'its password was valid until ' || r.rolvaliduntil
                WHEN r.rolconnlimit = 0 THEN 'its connection limit is 0' END AS no_login
      FROM pg_catalog.pg_roles r, f
     WHERE r.rolcanlogin AND NOT r.rolsuper
       AND (r.rolname ~* 'rewind'
            OR EXISTS (SELECT FROM f WHERE pg_catalog.has_function_privilege(r.oid, f.name, 'EXECUTE')))
     ORDER BY 1, 2)sql";

std::string hba_lines(const RewindSeen& seen) {
  std::string lines;
  for (const auto& way : seen.ways) {
    if (!way.of_target || !way.refused) continue;
    const auto line = fmt::format("host {} {} {}/{} scram-sha-256", patronis_database, seen.role.name, way.address,
                                  way.address.find(':') == std::string::npos ? 32 : 128);
    if (lines.find(line) == std::string::npos) lines += (lines.empty() ? "" : "; ") + line;
  }
  return fmt::format("in pg_hba.conf of {} of {}, before the lines that refuse it: {}; then pg_reload_conf()",
                     seen.member, seen.source, lines);
}

std::string ways_in_words(const RewindSeen& seen) {
  std::string text;
  for (const auto& way : seen.ways) {
    if (way.of_target)
      text += fmt::format("{}from {} ({}): {}", text.empty() ? "" : "; ", way.member, way.address, way.text);
  }
  return text;
}

}  // namespace

Result<std::vector<RewindRole>> rewind_roles(postgres::Connection& superuser, Deadline deadline) {
  std::vector<RewindRole> roles;
  TRY_ASSIGN(const auto rows, superuser.query(rewind_roles_sql, {}, deadline));
  for (std::size_t row = 0; row < rows.size(); ++row) {
    if (roles.empty() || roles.back().name != rows.text(row, "rolname"))
      roles.push_back({rows.text(row, "rolname"), {}, rows.text(row, "no_login")});
    if (!rows.boolean(row, "may")) roles.back().lacks.push_back(rows.text(row, "name"));
  }
  return roles;
}

Login rewind_login(const RewindSeen& seen) {
  Login login{"rewind_login", seen.target + "'s servers",
              fmt::format("member {} of {}, database {}", seen.member, seen.source, patronis_database), seen.role.name};
  login.tls = "not seen";
  login.only_warns = true;
  login.why = "if Patroni rewinds as this role, a rollback ends with the target down until it is copied anew";
  login.said = seen.role.no_login;
  if (!login.said.empty()) {
    login.result = LoginResult::refused;
    login.query = fmt::format("SELECT * FROM pg_roles WHERE rolname = {}", postgres::quote_literal(seen.role.name));
    login.fix =
        fmt::format("on {}: GRANT CONNECT ON DATABASE {} TO {}, or ALTER ROLE with VALID UNTIL or CONNECTION LIMIT",
                    seen.source, patronis_database, postgres::quote_identifier(seen.role.name));
    return login;
  }
  const auto refused = [](const RewindWay& way) { return way.of_target && way.refused; };
  const auto let_in_at_home = [](const RewindWay& way) { return !way.of_target && !way.refused; };
  login.query = "SELECT * FROM pg_hba_file_rules";
  login.said = ways_in_words(seen);
  if (std::none_of(seen.ways.begin(), seen.ways.end(), refused)) {
    login.said += "; its password is known to Patroni alone";
    return login;
  }
  if (seen.others_get_in && std::any_of(seen.ways.begin(), seen.ways.end(), let_in_at_home)) {
    login.said += fmt::format("; taken for the role of {} itself", seen.source);
    return login;
  }
  login.result = LoginResult::refused;
  login.fix = hba_lines(seen);
  return login;
}

Login rewind_rights(const std::string& side, const RewindRole& role) {
  Login login{"rewind_rights", "a server that is rewound", fmt::format("{}, database {}", side, patronis_database),
              role.name};
  login.tls = "not seen";
  login.only_warns = true;
  login.query =
      "SELECT proname, proacl FROM pg_proc WHERE proname IN ('pg_ls_dir', 'pg_stat_file', 'pg_read_binary_file')";
  login.why = "if Patroni rewinds as this role, the rewind fails and the side stays down until it is copied anew";
  if (role.lacks.empty()) {
    login.said = "it may execute what pg_rewind calls; its password is known to Patroni alone";
    return login;
  }
  login.result = LoginResult::refused;
  login.said = fmt::format("in database {} it may not execute {}", patronis_database, fmt::join(role.lacks, ", "));
  for (const auto& function : role.lacks) {
    login.fix += fmt::format("{}GRANT EXECUTE ON FUNCTION {} TO {}", login.fix.empty() ? "" : "; ", function,
                             postgres::quote_identifier(role.name));
  }
  login.fix += fmt::format("   (in database {})", patronis_database);
  return login;
}

}  // namespace pgcleave::checks
