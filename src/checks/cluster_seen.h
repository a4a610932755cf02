// One side as Patroni and its leader show it, for the judges of the family topology.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "checks/check_context.h"
#include "patroni/inspection.h"
#include "postgres/identity.h"
#include "postgres/wal.h"
#include "world/cluster_members.h"

namespace pgcleave::checks {

struct SlotSeen {
  std::string name;
  std::string plugin;  // "" for a physical one
  std::string database;
  bool active = false;
};

struct StandbySeen {
  std::string application;
  std::string user;
  std::string sync_state;  // async, potential, sync, quorum
  std::string state;
};

struct ClusterSeen {
  fence::Owner which = fence::Owner::source;
  std::string label;  // "source main"
  std::string scope;  // as the environment file says
  pgbouncer::Route route;
  patroni::Inspection patroni;

  std::string unseen;  // why the leader's session tells nothing; all below is empty then
  postgres::Identity identity;
  std::string started;  // when its postmaster did, to know it again
  std::optional<fence::Owner> owner;
  postgres::Receiver receiver;  // in recovery
  std::vector<SlotSeen> slots;
  std::vector<std::string> subscriptions;  // of the database
  std::vector<StandbySeen> standbys;
  std::string synchronous_standby_names;
  std::vector<world::MemberSeen> members;  // the leader first; empty: not asked
  std::string members_unseen;              // why they could not be asked

  [[nodiscard]] bool seen() const { return unseen.empty(); }
  [[nodiscard]] Json parameters() const { return patroni::object_at(patroni.config, {"postgresql", "parameters"}); }
  [[nodiscard]] std::string list() const { return "patronictl list " + scope; }
};

ClusterSeen inspect_cluster(CheckContext& context, world::Side& side);
Stage stage_of(const ClusterSeen& target);

}  // namespace pgcleave::checks
