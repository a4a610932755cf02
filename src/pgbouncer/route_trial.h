// Can a bouncer log in at another route? Tried through the process itself, before its clients are sent there: a second
// entry, with all that the pool's own entry says and the new host and port, stands in the config file for a moment. So
// user, password, TLS mode, authority and name resolution are the process's own. Its clients notice nothing: their pool
// keeps its entry and its server connections.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "pgbouncer/fleet.h"

namespace pgcleave::pgbouncer {

// The text with a copy of the pool's line under another name, which leads to `future`'s route. `future` is the same
// text with that route in the pool's own line. `invalid` when both are the same.
Result<std::string> text_with_copied_line(const std::string& text, const std::string& future, const std::string& name);

struct RouteTrial {
  std::map<std::string, std::string> tls;  // server_tls_* of SHOW CONFIG
  std::string database;                    // the pool's, on the server
  std::optional<postgres::Rows> answer;    // of who answered through the process
  std::string not_tried;                   // why nobody was asked
  std::optional<Error> refused;            // why nobody answered
};

// Logs in as `client` (its dbname is set here) and asks `question`. No value: only reads what the process is set to.
// The file is put back before this returns; what is staged beside it stays. A pool that is paused is not tried: a
// RELOAD would cost its clients an error. An error tells that the trial itself was impossible.
Result<RouteTrial> try_route(const BouncerSpec& bouncer, const Route& route,
                             const std::optional<postgres::Settings>& client, const std::string& question,
                             Deadline deadline);

}  // namespace pgcleave::pgbouncer
