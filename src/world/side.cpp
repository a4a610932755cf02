#include "world/side.h"

#include "base/format.h"
#include "postgres/identity.h"

namespace pgcleave::world {
namespace {

patroni::Access patroni_access(const config::PatroniAccess& from) {
  patroni::Access access;
  access.members = from.members;
  access.ca = from.ca;
  access.certificate = from.certificate;
  access.key = from.key;
  access.insecure = from.insecure;
  access.username = from.username;
  access.password = from.password;
  return access;
}

std::string conninfo_value(const std::string& value) {
  std::string quoted = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "'";
}

}  // namespace

std::optional<SideName> side_of(fence::Owner owner) {
  switch (owner) {
    case fence::Owner::source: return SideName::source;
    case fence::Owner::target: return SideName::target;
    case fence::Owner::nobody: break;
  }
  return std::nullopt;
}

fence::Owner owner_of(SideName side) {
  return side == SideName::target ? fence::Owner::target : fence::Owner::source;
}

Side::Side(fence::Owner which, const config::SideAccess& access)
    : which_(which), access_(access), patroni_(fence::name_of(which), patroni_access(access.patroni)) {}

postgres::Settings Side::settings_for(const std::string& host, int port, const std::string& label) const {
  postgres::Settings settings;
  settings.name = label;
  settings.values = access_.postgres.values;
  settings.values["host"] = host;
  settings.values["port"] = std::to_string(port);
  settings.password = access_.postgres.password;
  settings.key_password = access_.postgres.key_password;
  return settings;
}

patroni::Access Side::rest_access() const {
  return patroni_access(access_.patroni);
}

Result<patroni::Member> Side::leading_member(Deadline deadline) {
  TRY_ASSIGN(const auto view, patroni_.view(deadline));
  const auto* member = view.leader();
  if (member != nullptr) return *member;
  return fail({ErrorKind::not_ready, label(), "the Patroni cluster has no leader", "a running leader or standby leader",
               "none", "look at it with: patronictl list " + access_.scope, ""});
}

Result<config::RouteAccess> Side::route(Deadline deadline) {
  if (!access_.route.leader) return access_.route;
  if (leader_ && leader_->alive()) return address_;
  TRY_ASSIGN(const auto member, leading_member(deadline));
  return config::RouteAccess{member.host, member.port, true};
}

Result<Side::Opened> Side::open_with_leader(Deadline deadline) {
  TRY_ASSIGN(const auto member, leading_member(deadline));
  TRY_ASSIGN(auto connection,
             postgres::Connection::open(settings_for(member.host, member.port, member.name), deadline));
  TRY_ASSIGN(const auto identity, postgres::identify(connection, deadline));
  if (identity.cluster_name != access_.scope) {
    return fail({ErrorKind::not_ready, label(),
                 fmt::format("the server at {} belongs to another cluster", connection.address()),
                 "cluster_name " + access_.scope, "cluster_name " + identity.cluster_name,
                 "correct the environment file: are the sides swapped?", ""});
  }
  auto database = DatabaseId::of(identity);
  if (expected_database_ && !expected_database_->may_be(database)) {
    return fail({ErrorKind::invalid, label(),
                 fmt::format("the server at {} is not the one that the run began with", connection.address()),
                 expected_database_->text(), database.text(), "correct the environment file; nothing was changed there",
                 ""});
  }
  return Opened{std::move(connection), member.name, {member.host, member.port, true}, std::move(database)};
}

Result<postgres::Connection*> Side::leader(Deadline deadline) {
  if (leader_ && leader_->alive()) return &*leader_;
  leader_.reset();
  TRY_ASSIGN(auto opened, open_with_leader(deadline));
  database_ = std::move(opened.database);
  leader_.emplace(std::move(opened.connection));
  member_ = std::move(opened.member);
  address_ = std::move(opened.address);
  ++sessions_;
  return &*leader_;
}

Result<postgres::Connection> Side::session_beside(Deadline deadline) {
  TRY_ASSIGN(auto opened, open_with_leader(deadline));
  return std::move(opened.connection);
}

void Side::expect_database(DatabaseId database) {
  expected_database_ = std::move(database);
}

Result<Leadership> Side::leadership(Deadline deadline) {
  TRY_ASSIGN(auto* connection, leader(deadline));
  TRY_ASSIGN(const auto identity, postgres::identify(*connection, deadline));
  return Leadership{member_, identity.timeline, identity.in_recovery};
}

Result<Leadership> Side::note_leadership(Deadline deadline) {
  TRY_ASSIGN(kept_, leadership(deadline));
  kept_in_ = sessions_;
  return *kept_;
}

void Side::expect(Leadership seen) {
  kept_ = std::move(seen);
  kept_in_ = 0;
}

Result<std::string> Side::failover(Deadline deadline) {
  if (!kept_ || (kept_in_ == sessions_ && leader_ && leader_->alive())) return "";
  TRY_ASSIGN(const auto now, leadership(deadline));
  const bool same = now.member == kept_->member && (now.timeline == kept_->timeline || kept_->standby);
  if (same) kept_in_ = sessions_;
  if (same) return "";
  return fmt::format("its leader was {} on timeline {}, and is {} on timeline {}", kept_->member, kept_->timeline,
                     now.member, now.timeline);
}

Result<void> Side::remember_config(Deadline deadline) {
  TRY_ASSIGN(config_, patroni_.config(deadline));
  config_holds_ = Deadline::in(std::chrono::seconds(10));
  return {};
}

Result<Json> Side::config(Deadline deadline) {
  if (config_holds_ && !config_holds_->passed()) return config_;
  return patroni_.config(deadline);
}

Result<std::string> Side::replication_conninfo(Deadline deadline) {
  auto values = access_.replication.values;
  if (!values.contains("host") || !values.contains("port")) {
    TRY_ASSIGN(const auto here, route(deadline));
    values.try_emplace("host", here.host);
    values.try_emplace("port", std::to_string(here.port));
  }
  if (const auto dbname = access_.postgres.values.find("dbname"); dbname != access_.postgres.values.end()) {
    values.try_emplace("dbname", dbname->second);
  }
  std::string conninfo;
  for (const auto& [key, value] : values) conninfo += (conninfo.empty() ? "" : " ") + key + "=" + conninfo_value(value);
  return conninfo;
}

}  // namespace pgcleave::world
