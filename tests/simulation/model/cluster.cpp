#include "model/cluster.h"

#include "base/format.h"

namespace pgcleave::simulation {
namespace {

constexpr Instant until_shown = 3'000;
constexpr Instant until_promoted = 150'000;
constexpr Instant until_rewound = 8'000'000;
constexpr Instant until_copied = 1'500'000;
constexpr Instant until_rewound_without_checkpoint = 183'000'000;

void merge(Json& into, const Json& change) {
  for (const auto& [key, value] : change.items()) {
    if (value.is_null()) {
      into.erase(key);
    } else if (value.is_object() && into.contains(key) && into[key].is_object()) {
      merge(into[key], value);
    } else {
      into[key] = value;
    }
  }
}

bool is_standby(const Cluster& cluster) {
  const auto found = cluster.config.find("standby_cluster");
  return found != cluster.config.end() && found->is_object();
}

}  // namespace

void patch(Cluster& cluster, Server& server, const Json& change, Instant now) {
  cluster.shown = cluster.config;
  cluster.shown_from = now + until_shown;
  merge(cluster.config, change);
  if (!is_standby(cluster) && server.in_recovery && cluster.promotes_at < 0 && server.up)
    cluster.promotes_at = now + until_promoted;
  if (is_standby(cluster)) {
    cluster.promotes_at = -1;
    if (!server.in_recovery && cluster.follows_at < 0) {
      // pg_rewind takes the timeline from the last checkpoint: without one on the new timeline Patroni 3.0.2 loops.
      const bool checkpointed = !server.branched_at || server.redo >= *server.branched_at;
      cluster.follows_at = now + (checkpointed ? until_rewound : until_rewound_without_checkpoint);
      server.up = false;
      ++server.incarnation;
    }
  }
}

void run_loop(Cluster& cluster, Server& server, const Server& primary, Instant now) {
  if (cluster.promotes_at >= 0 && now >= cluster.promotes_at) {
    cluster.promotes_at = -1;
    promote(server);
  }
  if (cluster.replica_copied_at >= 0 && now >= cluster.replica_copied_at) {
    cluster.replica_copied_at = -1;
    cluster.replica_is_stale = !server.up;
  }
  if (cluster.follows_at >= 0 && now >= cluster.follows_at) {
    cluster.follows_at = -1;
    become_standby(server, primary);
    cluster.replica_is_stale = true;
    server.up = true;
    // Patroni promotes what should not be a standby any more.
    if (!is_standby(cluster)) cluster.promotes_at = now + until_promoted;
  }
}

Json cluster_json(const Cluster& cluster, const Server& server) {
  // "leader" as soon as the key is gone, while PostgreSQL is still read-only.
  const char* role = is_standby(cluster) ? "standby_leader" : "leader";
  const Json member{{"name", fmt::format("{}-{}", server.scope, server.member)},
                    {"role", server.up ? role : "replica"},
                    {"state", server.up ? "running" : "starting"},
                    {"api_url", fmt::format("http://127.0.0.1:{}/patroni", cluster.rest_port)},
                    {"host", "127.0.0.1"},
                    {"port", server.port},
                    {"timeline", server.timeline}};
  Json replica = member;
  replica["name"] = replica_of(server);
  replica["role"] = "replica";
  replica["state"] = state_of_replica(cluster);
  replica["api_url"] = fmt::format("http://127.0.0.1:{}/patroni", cluster.rest_port + ports_to_replica);
  replica["port"] = server.port + ports_to_replica;
  return {{"members", Json::array({member, replica})}};
}

std::string state_of_replica(const Cluster& cluster) {
  return cluster.replica_copied_at >= 0 ? "creating replica" : "running";
}

void reinitialize_replica(Cluster& cluster, Instant now) {
  cluster.replica_copied_at = now + until_copied;
}

}  // namespace pgcleave::simulation
