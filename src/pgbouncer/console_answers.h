// What the console's answers mean: rows in, values out. Nothing here talks to anyone. Every number and every column may
// be missing or nonsense: versions differ, and what answers need not be PgBouncer.
#pragma once

#include "pgbouncer/console.h"

namespace pgcleave::pgbouncer {

// `console` is how messages call it. Errors: `failed` when a column is missing without which the answer tells nothing.
Result<std::vector<Database>> databases_in(const postgres::Rows& rows, const std::string& console);
Result<std::map<std::string, ConsoleSetting>> settings_in(const postgres::Rows& rows, const std::string& console);
// The clients of the database's active server connections: SHOW SERVERS linked to SHOW CLIENTS.
Result<std::vector<ActiveServer>> active_servers_in(const postgres::Rows& servers, const postgres::Rows& clients,
                                                    const std::string& database, const std::string& console);
// One column of each row; `command` is what was asked.
Result<std::vector<std::string>> column_in(const postgres::Rows& rows, const std::string& column,
                                           const std::string& command, const std::string& console);
// SHOW POOLS: the users of a database's pools, and the sum of a column over them.
Result<std::vector<std::string>> pool_users_in(const postgres::Rows& pools, const std::string& database,
                                               const std::string& console);
Result<int> sum_in(const postgres::Rows& pools, const std::string& database, const std::string& column,
                   const std::string& console);
// SHOW LISTS: clients of all databases.
Result<int> clients_in(const postgres::Rows& lists, const std::string& console);
// SHOW STATE: all pools are paused. Errors: `failed` when it does not say.
Result<bool> process_paused_in(const postgres::Rows& rows, const std::string& console);
// SHOW VERSION; "" when it says nothing.
Result<std::string> version_in(const postgres::Rows& rows, const std::string& console);

}  // namespace pgcleave::pgbouncer
