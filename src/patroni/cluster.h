// One Patroni cluster as its REST interface shows it. Works from 3.0 (role "master") to 4.x (role "primary").
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rest/client.h"

namespace pgcleave::patroni {

using rest::Answer;

struct Access : rest::Access {
  std::vector<std::string> members;  // "http://host:8008", "https://..."
};

enum class Role { leader, standby_leader, replica, sync_standby, other };

struct Member {
  std::string name;
  Role role = Role::other;
  std::string state;     // running, streaming, starting, stopped ...
  std::string rest_url;  // api_url
  std::string host;      // PostgreSQL's address from conn_url / host
  int port = 0;
  std::uint32_t timeline = 0;
  std::optional<std::int64_t> lag;  // bytes behind the leader, of replicas; no value: Patroni does not know
  bool restart_scheduled = false;
  bool never_promoted = false;  // tag nofailover
};

struct View {
  std::string scope;  // from GET /patroni of a member
  bool paused = false;
  std::vector<Member> members;
  [[nodiscard]] const Member* leader() const;  // leader or standby leader; null when there is none
};

class Cluster {
 public:
  Cluster(std::string side, Access access);  // side: "source" or "target", for messages
  Cluster(Cluster&&) noexcept;
  Cluster& operator=(Cluster&&) noexcept;
  ~Cluster();

  // The first member that answers tells; the others are tried when it does not.
  Result<View> view(Deadline deadline);
  Result<Json> config(Deadline deadline);  // GET /config
  // PATCH /config sent to the leader's (or standby leader's) REST interface, which wakes its loop at once. 200: stored,
  // not yet in force. 409 (Patroni could not write): `unknown`, read again. Idempotent. 401/403: `failed` with a hint
  // on basic auth.
  Result<Json> patch_config(const Json& patch, Deadline deadline);

  // Before the window, so that the PATCH inside it needs no look-up: finds the leader and opens its connection.
  Result<void> warm(Deadline deadline);

  // What forbids or endangers a promotion, each a sentence: paused, no leader,
  // pre_promote, synchronous_mode_strict, watchdog required, a failover key pending, no standby_cluster in the
  // configuration.
  Result<std::vector<std::string>> obstacles_to_promotion(Deadline deadline);

  [[nodiscard]] const std::string& side() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Having one member's data thrown away and copied from its cluster's leader, by its own Patroni.

// What a member's own Patroni says that it does at this moment: "running", "starting", "creating replica" while it
// copies. GET /cluster follows up to loop_wait later.
Result<std::string> state_of(const Access& access, const Member& member, Deadline deadline);
constexpr const char* being_copied = "creating replica";

// POST /reinitialize, forced. Returns as soon as it has begun, or was under way already. `not_ready`: it refuses, as a
// leader does, or is at work on something else. Not to be sent again while the member is being copied: that would begin
// the copy anew.
Result<void> reinitialize(const Access& access, const Member& member, Deadline deadline);

}  // namespace pgcleave::patroni
