#include "postgres/hba.h"

#include "base/format.h"

namespace pgcleave::postgres {
namespace {

// NULL: it can't be told here. Regular expressions came with PostgreSQL 16, as a leading slash.
constexpr auto hba_sql = R"sql(
    SELECT line_number, auth_method,
           CASE WHEN 'all' = ANY (database) OR $1 = ANY (database) OR ($1 = $2 AND 'sameuser' = ANY (database))
             THEN true
                WHEN EXISTS (SELECT FROM pg_catalog.unnest(database) d (name)
                              WHERE name IN ('samerole', 'samegroup') OR name ~ '^[/@+]') THEN NULL
                ELSE false END AS database_fits,
           CASE WHEN 'all' = ANY (user_name) OR $2 = ANY (user_name) THEN true
                WHEN EXISTS (SELECT FROM pg_catalog.unnest(user_name) u (name) WHERE name ~ '^[/@+]') THEN NULL
                ELSE false END AS user_fits,
           CASE WHEN address = 'all' THEN true
                WHEN netmask IS NULL THEN NULL
                WHEN pg_catalog.family(address::inet) <> pg_catalog.family($3::inet) THEN false
                ELSE (address::inet & netmask::inet) = ($3::inet & netmask::inet) END AS address_fits,
           CASE WHEN type = 'host' THEN true END AS type_fits
      FROM pg_catalog.pg_hba_file_rules
     WHERE error IS NULL AND type <> 'local'
     ORDER BY line_number)sql";

}  // namespace

Result<HbaAnswer> hba_answer(Connection& superuser, const std::string& database, const std::string& user,
                             const std::string& address, Deadline deadline) {
  TRY_ASSIGN(const auto rows, superuser.query(hba_sql, {database, user, address}, deadline));
  for (std::size_t row = 0; row < rows.size(); ++row) {
    bool fits = true;
    bool known = true;
    for (const char* part : {"database_fits", "user_fits", "address_fits", "type_fits"}) {
      if (rows.is_null(row, part)) {
        known = false;
      } else if (!rows.boolean(row, part)) {
        fits = false;
      }
    }
    if (!fits) continue;
    const auto line = fmt::format("line {} of pg_hba.conf", rows.text(row, "line_number"));
    if (!known) return HbaAnswer{HbaVerdict::unknown, line + " may fit"};
    const auto method = rows.text(row, "auth_method");
    return HbaAnswer{method == "reject" ? HbaVerdict::refused : HbaVerdict::allowed,
                     fmt::format("{}: {}", line, method)};
  }
  return HbaAnswer{HbaVerdict::refused, "no line of pg_hba.conf fits"};
}

}  // namespace pgcleave::postgres
