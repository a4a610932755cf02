// What forbids or endangers the promotion of a standby cluster. Not visible by REST, and so not here: a failover key
// without a schedule, pre_promote in a member's own file, a watchdog that would be required but is configured nowhere
// yet, and a configuration management that un-pauses or rewrites Patroni.
#include "base/format.h"
#include "patroni/answers.h"
#include "patroni/inspection.h"

namespace pgcleave::patroni {
namespace {

void about_leader(const View& view, const Json& status, std::vector<std::string>& out) {
  const auto* leader = view.leader();
  if (leader == nullptr) {
    out.push_back("the cluster has no standby leader: nobody would be promoted");
    return;
  }
  if (leader->role != Role::standby_leader) {
    out.push_back(fmt::format("member {} leads as an ordinary leader, not as a standby leader: it is promoted already",
                              leader->name));
  }
  if (leader->state != "running" && leader->state != "streaming" && leader->state != "in archive recovery") {
    out.push_back(fmt::format("the leader {} is in state \"{}\", not running", leader->name, leader->state));
  }
  if (is_on(status, "cluster_unlocked")) {
    out.push_back(fmt::format("the leader {} does not see a leader key in the DCS", leader->name));
  }
  if (is_on(status, "failsafe_mode_is_active")) {
    out.push_back(fmt::format("the leader {} runs in failsafe mode: it can't reach its DCS", leader->name));
  }
  if (is_on(status, "watchdog_failed")) {
    out.push_back(fmt::format("the watchdog that {} requires does not work: Patroni refuses to promote without it",
                              leader->name));
  }
}

}  // namespace

std::vector<std::string> obstacles(const Json& cluster, const View& view, const Json& config,
                                   const Json& leader_status) {
  std::vector<std::string> out;
  if (view.paused || is_on(config, "pause")) {
    out.push_back(
        "Patroni is paused: the leader would drop its key and nobody would be promoted; run patronictl resume");
  }
  about_leader(view, leader_status, out);
  if (!is_set(config, "standby_cluster")) {
    out.push_back("the configuration has no standby_cluster: there is nothing to take away that would promote");
  }
  if (is_on(config, "synchronous_mode_strict")) {
    out.push_back(
        "synchronous_mode_strict is on: commits on the promoted leader wait until a synchronous standby has come");
  }
  const auto postgresql = config.find("postgresql");
  if (postgresql != config.end() && postgresql->is_object() && is_set(*postgresql, "pre_promote")) {
    out.push_back("postgresql.pre_promote is set: its command runs before the promotion and may stop or delay it");
  }
  if (is_set(cluster, "scheduled_switchover")) {
    out.push_back("a switchover is scheduled; remove it with patronictl flush CLUSTER switchover");
  }
  return out;
}

}  // namespace pgcleave::patroni
