// Reads how a server is reached: libpq settings, Patroni's REST addresses, a route.
#pragma once

#include "config/credentials.h"
#include "config/environment.h"

namespace pgcleave::config {

enum class PostgresUse {
  members,      // this tool connects to the members; host and port come from Patroni
  console,      // this tool connects to a bouncer's console
  probe,        // this tool writes a row through each bouncer of the pool; host, port and dbname are the pool's
  replication,  // the other side's server connects here: files are on that server
};

PostgresAccess read_postgres(const Node& node, PostgresUse use, const Folder& folder, Problems& problems);
PatroniAccess read_patroni(const Node& node, const Folder& folder, Problems& problems);
PrometheusAccess read_prometheus(const Node& node, Problems& problems);
RouteAccess read_route(const Node& node, Problems& problems);

}  // namespace pgcleave::config
