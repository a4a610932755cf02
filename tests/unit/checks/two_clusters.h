// Two clusters with nothing wrong: the target is a standby of the source. Tests break one thing.
#pragma once

#include "checks/cluster_seen.h"
#include "lines.h"

namespace pgcleave::checks {

inline patroni::Member a_member(const std::string& name, patroni::Role role, int port) {
  patroni::Member member;
  member.name = name;
  member.role = role;
  member.state = "running";
  member.host = "10.0.0.1";
  member.port = port;
  member.timeline = 1;
  member.lag = 0;
  return member;
}

inline ClusterSeen a_cluster(fence::Owner which, const std::string& scope) {
  ClusterSeen seen;
  seen.which = which;
  seen.scope = scope;
  seen.label = std::string(fence::name_of(which)) + " " + scope;
  const bool source = which == fence::Owner::source;
  for (const auto* number : {"1", "2"}) {
    patroni::Address address;
    address.url = "http://" + scope + "-" + number;
    address.scope = scope;
    address.version = "3.0.2";
    address.server_version = 150020;
    address.dcs_seen_s = 1000;
    seen.patroni.addresses.push_back(address);
  }
  auto& members = seen.patroni.view.members;
  members.push_back(
      a_member(scope + "-1", source ? patroni::Role::leader : patroni::Role::standby_leader, source ? 1 : 3));
  members.push_back(a_member(scope + "-2", patroni::Role::replica, source ? 2 : 4));
  seen.patroni.config =
      source ? Json::parse(R"({"loop_wait": 10, "maximum_lag_on_failover": 1000, "slots": {"ci_cluster": {}}})")
             : Json::parse(R"({"loop_wait": 10, "standby_cluster": {"primary_slot_name": "ci_cluster"}})");
  seen.identity.system_identifier = "7";
  seen.identity.timeline = 1;
  seen.identity.in_recovery = !source;
  seen.identity.superuser = true;
  seen.identity.version = 150020;
  seen.identity.user = "pgcleave";
  if (source) seen.slots = {{"ci_cluster", "", "", true}, {"main_2", "", "", true}};
  if (!source) seen.receiver = {"streaming", "10.0.0.1", 1, "ci_cluster"};
  return seen;
}

inline ClusterSeen a_source() {
  return a_cluster(fence::Owner::source, "main");
}
inline ClusterSeen a_target() {
  return a_cluster(fence::Owner::target, "ci");
}

}  // namespace pgcleave::checks
