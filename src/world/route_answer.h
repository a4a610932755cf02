// Who answers at a route: is it the server that leads the side? And how a bouncer would log in there, for whoever tries
// it without one.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "postgres/connection.h"
#include "world/side.h"

namespace pgcleave::world {

struct RouteAnswer {
  std::string cluster;  // cluster_name
  std::string started;  // when its postmaster started: tells one member from another
  bool in_recovery = false;
};

// Any user may ask.
inline constexpr const char* who_answers =
    "SELECT pg_catalog.current_setting('cluster_name') AS cluster, "
    "extract(epoch FROM pg_catalog.pg_postmaster_start_time())::text AS started, pg_catalog.pg_is_in_recovery() AS "
    "in_recovery";

RouteAnswer answer_in(const postgres::Rows& rows);
Result<RouteAnswer> ask_who_answers(postgres::Connection& connection, Deadline deadline);

// Why a login failed, in one line: libpq's hints are about this machine.
std::string reason_of(const Error& error);

// Why `seen` is not the side's leader, which gave the other answer; "" when it is.
std::string why_not_leader(const RouteAnswer& seen, const RouteAnswer& leader, const std::string& scope);

// How the bouncers of a pool log in to a server, as far as this machine can do the same.
struct ServerLogin {
  std::string database;                    // on the server
  std::map<std::string, std::string> tls;  // libpq keywords
  std::vector<std::string> bouncers;       // that do so
  bool operator==(const ServerLogin&) const = default;
};

// libpq's keywords for server_tls_* of SHOW CONFIG. `local`: files that the bouncer reads can be read here. Where the
// authority's file can't, the certificate is not verified: verify-full becomes require.
std::map<std::string, std::string> tls_keywords(const std::map<std::string, std::string>& server_tls, bool local);

Json to_json(const std::vector<ServerLogin>& logins);
std::vector<ServerLogin> logins_in(const Json& json);  // what is not understood is left out

// As the pool's `probe`, or as the environment's user where there is none.
postgres::Settings settings_of(const ServerLogin& login, const config::Pool& pool, const Side& side,
                               const std::string& host, int port);

}  // namespace pgcleave::world
