// The inventory of one place to run: clusters, bouncers, credentials, class. Secrets are references only: passfile,
// ${file:...},
// ${env:...}; a literal password is a problem with its position.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/hours.h"
#include "base/secret.h"
#include "base/units.h"
#include "config/problems.h"
#include "config/schema.h"

namespace pgcleave::config {

// libpq keywords without the password.
struct PostgresAccess {
  std::map<std::string, std::string> values;
  Secret password;      // from password: "${file:...}" or "${env:...}"; empty: passfile
  Secret key_password;  // sslpassword
  [[nodiscard]] std::string value(const std::string& keyword) const {  // empty: not set
    const auto found = values.find(keyword);
    return found == values.end() ? "" : found->second;
  }
};

struct PatroniAccess {
  std::vector<std::string> members;  // REST addresses
  std::string ca;
  std::string certificate;  // keys in YAML: ca, cert, key, insecure, username, password
  std::string key;
  bool insecure = false;
  std::string username;
  Secret password;
};

struct RouteAccess {
  std::string host;
  int port = 0;
  bool leader = false;  // `route: leader`: the leader's own address as Patroni tells it; host and port are empty
};

struct SideAccess {
  std::string scope;  // the Patroni scope, which is also cluster_name
  PatroniAccess patroni;
  PostgresAccess postgres;     // host and port of each member come from Patroni
  RouteAccess route;           // what the bouncers connect to while this side serves
  PostgresAccess replication;  // with which the other side's server connects here; host and port default to the route's
  std::vector<std::string>
      reclone;  // optional: a program and its arguments that has this cluster's members copied anew
};

struct BouncerAccess {
  std::string name;
  PostgresAccess console;  // host, port, user, ...
  std::string config;
  std::vector<std::string> shell;  // empty: local
};

struct Pool {
  std::string database;
  std::vector<BouncerAccess> bouncers;
  PostgresAccess probe;  // optional: user (and passfile) with which pgbouncer.verify writes through each bouncer
};

// Numbers that somebody else collects, such as CPU, to be kept beside ours.
struct PrometheusAccess {
  std::string url;                             // "http://host:9090", perhaps with a path; "" = none
  std::map<std::string, std::string> queries;  // by name, in PromQL
};

struct Environment {
  std::string name;
  bool production = false;
  std::string journal;                  // "" = the default place
  std::vector<std::string> rehearsals;  // journals of other places whose rehearsals count here, made absolute likewise
  std::string split;                    // path, made absolute against the environment file's folder; may be ""
  SideAccess source;
  SideAccess target;
  std::vector<Pool> pools;
  PrometheusAccess prometheus;          // optional
  std::map<std::string, Bytes> limits;  // of jobs, by name (job_limits.h)
  std::optional<Hours> hours;           // in which jobs work; none: always
  std::string path;
  std::string text;
  std::vector<Problem> notes;  // keys that have another name now
};

// Also problems: equal scopes, an address used twice, the same REST address on both sides, the same route on both
// sides, a bouncer name or console used twice, a passfile or secret file that can't be read, an environment variable
// that is not set.
Read<Environment> read_environment(const std::string& path, const std::string& text);

// What ${env.x} can read: name, class, scope and route (host:port, or "leader") of each side. No secrets.
Json values_of(const Environment& environment);

// `limits` of an environment file: where jobs wait, by what the servers show. What a limit means: docs/moving-data.md.

struct JobLimit {
  std::string name;
  std::string help;
};
const std::vector<JobLimit>& job_limits();

struct JobLimits {
  std::map<std::string, Bytes> sizes;  // by name; zero: no limit
  std::optional<Hours> hours;          // in which jobs work; none: always
};
// What is not a limit, no size or no hours, is a problem.
JobLimits read_job_limits(const Node& node, Problems& problems);

}  // namespace pgcleave::config
