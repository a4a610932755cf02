#include "world/route_answer.h"

#include <unistd.h>

#include "base/address.h"
#include "base/format.h"

namespace pgcleave::world {

RouteAnswer answer_in(const postgres::Rows& rows) {
  if (rows.empty()) return {};
  return {rows.text(0, "cluster"), rows.text(0, "started"), rows.boolean(0, "in_recovery")};
}

Result<RouteAnswer> ask_who_answers(postgres::Connection& connection, Deadline deadline) {
  TRY_ASSIGN(const auto rows, connection.query(who_answers, {}, deadline));
  return answer_in(rows);
}

std::string reason_of(const Error& error) {
  if (error.kind == ErrorKind::timed_out) return "no answer in time";
  const auto& text = error.seen.empty() ? error.what : error.seen;
  return text.substr(0, text.find('\n'));
}

std::string why_not_leader(const RouteAnswer& seen, const RouteAnswer& leader, const std::string& scope) {
  if (seen.cluster != scope) return fmt::format("cluster_name there is {}, not {}", seen.cluster, scope);
  if (seen.started != leader.started) return "another member of the cluster answers there than its leader";
  if (seen.in_recovery != leader.in_recovery) return "it is in recovery";
  return "";
}

// PgBouncer reads the authority's file in the modes verify-ca and verify-full only (1.18). libpq takes sslrootcert for
// `require` as an order to verify too.
std::map<std::string, std::string> tls_keywords(const std::map<std::string, std::string>& server_tls, bool local) {
  const auto value = [&](const char* key) {
    const auto found = server_tls.find(key);
    return found == server_tls.end() ? std::string() : found->second;
  };
  const auto readable = [&](const std::string& file) {
    return local && !file.empty() && ::access(file.c_str(), R_OK) == 0;
  };
  std::map<std::string, std::string> out;
  out["sslmode"] = value("server_tls_sslmode").empty() ? "prefer" : value("server_tls_sslmode");
  if (out["sslmode"] == "verify-ca" || out["sslmode"] == "verify-full") {
    const auto authority = value("server_tls_ca_file");
    if (readable(authority)) out["sslrootcert"] = authority;
    if (!readable(authority)) out["sslmode"] = "require";
  }
  const auto certificate = value("server_tls_cert_file");
  const auto key = value("server_tls_key_file");
  if (readable(certificate) && readable(key)) {
    out["sslcert"] = certificate;
    out["sslkey"] = key;
  }
  return out;
}

Json to_json(const std::vector<ServerLogin>& logins) {
  Json all = Json::array();
  for (const auto& login : logins)
    all.push_back({{"database", login.database}, {"tls", login.tls}, {"bouncers", login.bouncers}});
  return all;
}

std::vector<ServerLogin> logins_in(const Json& json) {
  std::vector<ServerLogin> all;
  if (!json.is_array()) return all;
  for (const auto& one : json) {
    if (!one.is_object() || !one.contains("tls") || !one["tls"].is_object() || !one.contains("bouncers")) continue;
    ServerLogin login;
    login.database = one.value("database", "");
    for (const auto& [key, value] : one["tls"].items()) {
      if (value.is_string()) login.tls[key] = value.get<std::string>();
    }
    for (const auto& name : one["bouncers"]) {
      if (name.is_string()) login.bouncers.push_back(name.get<std::string>());
    }
    all.push_back(std::move(login));
  }
  return all;
}

postgres::Settings settings_of(const ServerLogin& login, const config::Pool& pool, const Side& side,
                               const std::string& host, int port) {
  const auto& access = pool.probe.values.empty() ? side.access().postgres : pool.probe;
  postgres::Settings settings;
  settings.name = fmt::format("route {} to {}", address_text(host, port), side.label());
  settings.values = access.values;
  for (const auto& [key, value] : login.tls) settings.values[key] = value;
  settings.values["host"] = host;
  settings.values["port"] = std::to_string(port);
  settings.values["dbname"] = login.database;
  settings.password = access.password;
  settings.key_password = access.key_password;
  return settings;
}

}  // namespace pgcleave::world
