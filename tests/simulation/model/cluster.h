// One Patroni cluster of a leader and a replica: its dynamic configuration, and what its loop makes of it after a
// while.
#pragma once

#include "base/json.h"
#include "model/server.h"

namespace pgcleave::simulation {

struct Cluster {
  int rest_port = 0;
  Json config = Json::object();
  // What GET /config shows: it follows a PATCH a moment later (Patroni 3.0.2).
  Json shown = Json::object();
  Instant shown_from = 0;
  // The loop has seen that standby_cluster is gone: PostgreSQL is promoted then. 200 to the PATCH means stored, not
  // promoted.
  Instant promotes_at = -1;
  // It has seen that standby_cluster is back: PostgreSQL is down since, and streams from then on.
  Instant follows_at = -1;
  // The replica kept the history file of a timeline that the leader has left. Nothing but a copy takes it away here.
  bool replica_is_stale = false;
  Instant replica_copied_at = -1;  // Patroni copies the replica until then
  // The DCS does not answer until then.
  Instant silent_until = -1;
};

void patch(Cluster& cluster, Server& server, const Json& change, Instant now);
void run_loop(Cluster& cluster, Server& server, const Server& primary, Instant now);
Json cluster_json(const Cluster& cluster, const Server& server);
// What the replica's own Patroni says, and what it does when it is told to copy the leader anew.
std::string state_of_replica(const Cluster& cluster);
void reinitialize_replica(Cluster& cluster, Instant now);

}  // namespace pgcleave::simulation
