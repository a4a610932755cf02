#include "checks/topology/route_inspection.h"

#include <algorithm>
#include <set>

#include "base/address.h"
#include "base/format.h"
#include "config/connection_keys.h"
#include "postgres/connection.h"
#include "postgres/login_failure.h"

namespace pgcleave::checks {
namespace {

constexpr auto time_to_log_in = std::chrono::seconds(2);

// The verifier leaves the server as a hash only, and is read by a superuser alone.
Result<std::map<std::string, RoleSeen>> roles_of(CheckContext& context, world::Side& side, const std::string& database,
                                                 const std::set<std::string>& users) {
  TRY_ASSIGN(auto* session, context.session(side));
  const auto names = postgres::array_literal({users.begin(), users.end()});
  TRY_ASSIGN(const auto rows, session->query(R"sql(
      SELECT a.rolname, a.rolcanlogin, COALESCE(a.rolvaliduntil < pg_catalog.now(), false) AS expired,
             COALESCE(pg_catalog.has_database_privilege(a.oid, d.oid, 'CONNECT'), true) AS may_connect,
             pg_catalog.has_table_privilege('pg_catalog.pg_authid', 'SELECT') AS verifiers
        FROM pg_catalog.pg_roles a LEFT JOIN pg_catalog.pg_database d ON d.datname = $2
       WHERE a.rolname = ANY ($1::text[]))sql",
                                             {names, database}, context.deadline()));
  std::map<std::string, RoleSeen> roles;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    roles[rows.text(row, "rolname")] = {rows.boolean(row, "rolcanlogin"), rows.boolean(row, "may_connect"),
                                        rows.boolean(row, "expired"), std::nullopt};
  }
  if (rows.empty() || !rows.boolean(0, "verifiers")) return roles;
  TRY_ASSIGN(const auto stored, session->query(R"sql(
      SELECT a.rolname, pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(a.rolpassword, 'UTF8')), 'hex') AS
             verifier
        FROM pg_catalog.pg_authid a WHERE a.rolname = ANY ($1::text[]))sql",
                                               {names}, context.deadline()));
  for (std::size_t row = 0; row < stored.size(); ++row)
    roles[stored.text(row, "rolname")].verifier = stored.text(row, "verifier");
  return roles;
}

bool nobody_answered(const Error& error) {
  return error.kind == ErrorKind::timed_out || error.code.empty() || error.code == postgres::cannot_connect_now;
}

LoginSeen login_seen(const Result<postgres::Connection>& connection) {
  LoginSeen seen;
  seen.tried = true;
  if (connection) return seen;
  const auto& error = connection.error();
  if (postgres::login_failure(error) == postgres::LoginFailure::no_password) seen.tried = false;
  seen.answered = !nobody_answered(error);
  seen.refused = error.text();
  return seen;
}

postgres::Settings by_route(const RouteSeen& seen, const config::PostgresAccess& access, const std::string& name) {
  postgres::Settings settings;
  settings.name = name;
  settings.values = access.values;
  settings.values["host"] = seen.route.host;
  settings.values["port"] = std::to_string(seen.route.port);
  settings.values["dbname"] = seen.database;
  settings.password = access.password;
  settings.key_password = access.key_password;
  return settings;
}

// As the environment's own user, and as each user of the pool for whom the pool's passfile has a password. All at once.
void log_in(CheckContext& context, world::Side& side, const config::Pool& pool, RouteSeen& seen) {
  std::vector<postgres::Settings> wanted{
      by_route(seen, side.access().postgres, fmt::format("route to {}", seen.label))};
  std::vector<std::string> users;
  const auto probe = pool.probe.values.find("user");
  if (probe != pool.probe.values.end()) {
    for (const auto& user : seen.pool_users) {
      users.push_back(user);
      wanted.push_back(by_route(seen, pool.probe, fmt::format("route to {} as {}", seen.label, user)));
      wanted.back().values["user"] = user;
      if (user != probe->second) wanted.back().password = Secret();
    }
  }
  const auto deadline = context.deadline().or_earlier(Deadline::in(time_to_log_in));
  auto connections = postgres::Connection::open_all(wanted, deadline);
  for (std::size_t i = 0; i < users.size(); ++i) seen.logins[users[i]] = login_seen(connections[i + 1]);
  auto& own = connections.front();
  if (!own) {
    (nobody_answered(own.error()) ? seen.unanswered : seen.refused) = own.error().text();
    return;
  }
  const auto about = own->query(
      "SELECT pg_catalog.current_setting('cluster_name') AS cluster_name,"
      " pg_catalog.pg_postmaster_start_time()::text AS started",
      {}, context.deadline());
  if (!about) {
    seen.unanswered = about.error().text();
    return;
  }
  seen.cluster_name = about->text(0, "cluster_name");
  seen.started = about->text(0, "started");
}

struct Users {
  std::set<std::string> come, known;
  std::string database;
};

Users users_of(const config::Pool& pool, const std::vector<pgbouncer::Inspection>& bouncers) {
  Users users;
  users.database = pool.database;
  for (const auto& bouncer : bouncers) {
    if (bouncer.database_name != pool.database || !bouncer.database) continue;
    if (!bouncer.database->database.empty()) users.database = bouncer.database->database;
    if (!bouncer.database->force_user.empty()) {
      users.come.insert(bouncer.database->force_user);
    } else {
      users.come.insert(bouncer.pool_users.begin(), bouncer.pool_users.end());
      users.known.insert(bouncer.known_users.begin(), bouncer.known_users.end());
    }
    if (const auto asks = bouncer.setting("auth_user"); !asks.empty()) users.come.insert(asks);
  }
  if (const auto probe = pool.probe.values.find("user"); probe != pool.probe.values.end())
    users.come.insert(probe->second);
  return users;
}

// To one host, through which all bouncers of the pool may come.
RouteSeen inspect_host(CheckContext& context, const ClusterSeen& here, const ClusterSeen& there,
                       const config::Pool& pool, const Users& users, const std::string& host) {
  auto& world = context.world();
  auto& new_side = there.which == fence::Owner::target ? world.target : world.source;
  RouteSeen seen;
  seen.database = users.database;
  seen.label = there.label;
  seen.scope = there.scope;
  seen.serving = here.label;
  seen.route = {host, there.route.port};
  seen.in_recovery = there.identity.in_recovery;
  seen.from_here = std::none_of(pool.bouncers.begin(), pool.bouncers.end(), [&](const auto& bouncer) {
    return config::cannot_be_seen_from_here(bouncer, seen.route.host);
  });
  seen.leader_started = there.started;
  seen.pool_users.assign(users.come.begin(), users.come.end());
  seen.known_users.assign(users.known.begin(), users.known.end());
  auto everybody = users.come;
  everybody.insert(users.known.begin(), users.known.end());
  if (here.seen() && there.seen()) {
    auto ours = roles_of(context, world.other(new_side), seen.database, everybody);
    auto theirs = roles_of(context, new_side, seen.database, everybody);
    if (ours && theirs) {
      seen.here = std::move(*ours);
      seen.there = std::move(*theirs);
    }
  }
  if (seen.from_here) log_in(context, new_side, pool, seen);
  return seen;
}

}  // namespace

std::vector<RouteSeen> inspect_routes(CheckContext& context, const ClusterSeen& here, const ClusterSeen& there,
                                      const std::vector<pgbouncer::Inspection>& bouncers) {
  std::vector<RouteSeen> all;
  for (const auto& pool : context.world().environment.pools) {
    const auto users = users_of(pool, bouncers);
    for (const auto& host : hosts_of(there.route.host))
      all.push_back(inspect_host(context, here, there, pool, users, host));
  }
  return all;
}

}  // namespace pgcleave::checks
