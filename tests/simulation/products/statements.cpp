#include "products/statements.h"

#include "products/wire.h"

namespace pgcleave::simulation {
namespace {

using postgres::Rows;

bool says(const std::string& sql, const char* words) {
  return sql.find(words) != std::string::npos;
}

Rows settings() {
  return {{"name", "setting"},
          {{"wal_level", "logical"},
           {"max_replication_slots", "10"},
           {"max_wal_senders", "10"},
           {"max_logical_replication_workers", "4"},
           {"recovery_min_apply_delay", "0"},
           {"wal_log_hints", "on"},
           {"data_checksums", "off"},
           {"slots used", "1"},
           {"senders used", "1"}},
          "SELECT"};
}

Rows enabled_subscriptions(const Server& server) {
  std::vector<std::vector<std::optional<std::string>>> rows;
  for (const auto& [name, subscription] : server.db.subscriptions) {
    if (subscription.enabled) rows.push_back({"subscription " + name});
  }
  return {{"object"}, rows, "SELECT"};
}

}  // namespace

Result<Rows> answer_of(Server& server, const std::string& name, const std::string& sql, const postgres::Parameters&) {
  if (sql == "look") return Rows();
  // Nobody writes the tables that are locked.
  if (says(sql, "IN SHARE MODE")) return Rows();
  if (says(sql, "from pg_catalog.pg_settings")) return settings();
  if (says(sql, "from pg_catalog.pg_subscription where subenabled")) return enabled_subscriptions(server);
  if (says(sql, "from pg_catalog.pg_constraint")) return Rows({"object"}, {}, "SELECT");
  if (says(sql, "AS in_recovery")) {
    return Rows({"cluster", "started", "in_recovery"},
                {{server.scope, std::to_string(server.incarnation), server.in_recovery ? "t" : "f"}}, "SELECT");
  }
  if (says(sql, "current_setting('cluster_name')")) return Rows({"cluster"}, {{server.scope}}, "SELECT");
  if (says(sql, "(token) values ($1)")) {
    if (!server.writable()) return fail(refusal(name, "cannot execute INSERT in a read-only transaction", "25006"));
    return Rows({}, {}, "INSERT 0 1");
  }
  return fail(refusal(name, "the simulation does not know the statement: " + sql));
}

}  // namespace pgcleave::simulation
