// PgBouncer processes as their consoles tell them, and which of their databases lead to the source.
#pragma once

#include "init/cluster.h"
#include "pgbouncer/console.h"

namespace pgcleave::init {

struct BouncerFound {
  std::string name;  // "bouncer-1"
  ConsoleAddress at;
  std::string version;
  std::string config;       // conffile, with its folder where that can be told
  std::string admin_users;  // with commas
  std::vector<pgbouncer::Database> databases;
};

struct BouncersRead {
  std::vector<BouncerFound> bouncers;  // complete when there is no error
  std::vector<Error> errors;           // one for each console that is not answered or refuses
};
// All at once. Asks only what SHOW tells.
BouncersRead read_bouncers(const Asked& asked, Deadline deadline);

// A set of databases that the same processes serve.
struct PoolFound {
  std::vector<std::string> databases;
  std::vector<std::size_t> bouncers;  // places in the list
};
struct PoolsFound {
  std::string database;  // on the server
  std::string host;      // where the pools lead, as PgBouncer has it
  int port = 0;
  std::vector<PoolFound> pools;
};
// Asks nobody. Those that lead to a member of the source, or, where a proxy stands between, to the `database` that is
// named. `invalid`: none does, or they lead to several databases or addresses.
Result<PoolsFound> pools_to(const ClusterFound& source, const std::vector<BouncerFound>& bouncers,
                            const std::string& database);

}  // namespace pgcleave::init
