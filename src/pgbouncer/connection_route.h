// Where a pool's server is: host and port in the connection string of an entry of [databases]. All else in the string
// keeps its bytes.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "pgbouncer/config_file.h"

namespace pgcleave::pgbouncer {

// Of a connection string's parts (scan_connection). The port defaults to 5432. `invalid` names `place`.
Result<Route> route_in(const std::string& place, const std::vector<ConnectionPart>& parts);

// May PgBouncer be pointed there? An empty host is its default, a Unix socket.
Result<void> check_route(const std::string& place, const Route& route);

// The connection string `text`, which has these parts, with host and port replaced, or added when they are missing. An
// empty host takes the key out.
std::string connection_with(const std::string& text, const std::vector<ConnectionPart>& parts, const Route& route);

}  // namespace pgcleave::pgbouncer
