#include "checks/topology/clusters.h"

#include <algorithm>

#include "base/format.h"
#include "checks/finding.h"

namespace pgcleave::checks {
namespace {

using fence::Owner;
using patroni::Member;
using patroni::Role;

bool runs(const Member& member) {
  return member.state == "running" || member.state == "streaming" || member.state == "in archive recovery";
}

class ClusterJudge : Judging {
 public:
  ClusterJudge(const ClusterSeen& cluster, const std::string& other_scope, Stage stage, std::int64_t now_s)
      : Judging("topology"), cluster_(cluster), other_scope_(other_scope), stage_(stage), now_s_(now_s) {}

  Findings run() {
    inspect_addresses();
    if (!cluster_.patroni.error.empty()) return std::move(found_);
    inspect_leader();
    inspect_replicas();
    inspect_orders();
    inspect_owner();
    if (will_be_promoted()) inspect_promotion();
    return std::move(found_);
  }

 private:
  [[nodiscard]] std::string member(const std::string& name) const {
    return fmt::format("member {} of {}", name, cluster_.label);
  }
  [[nodiscard]] bool will_be_promoted() const { return cluster_.which == Owner::target && stage_ == Stage::standby; }
  [[nodiscard]] std::string curl(const char* path) const {
    return cluster_.patroni.addresses.empty() ? ""
                                              : fmt::format("curl {}{}", cluster_.patroni.addresses.front().url, path);
  }
  [[nodiscard]] std::string edit(const std::string& change) const {
    return fmt::format("patronictl edit-config {} -s {}", cluster_.scope, change);
  }

  void inspect_addresses() {
    const auto& addresses = cluster_.patroni.addresses;
    for (const auto& address : addresses) {
      if (address.error.empty()) inspect_address(address);
    }
    if (!cluster_.patroni.error.empty()) {
      add("cluster_unreachable", Severity::blocker, cluster_.label, cluster_.patroni.error, curl("/cluster"),
          "nothing is known of this side, and it could not be promoted or followed",
          "bring Patroni back, or correct the environment file");
      return;
    }
    for (const auto& address : addresses) {
      if (address.error.empty()) continue;
      add("member_unreachable", Severity::warning, fmt::format("{} of {}", address.url, cluster_.label), address.error,
          fmt::format("curl {}/patroni", address.url),
          "should this member lead when the window comes, the run would look for it elsewhere first",
          "start Patroni there, or take the address out of the environment file");
    }
  }

  void inspect_address(const patroni::Address& address) {
    const auto query = fmt::format("curl {}/patroni", address.url);
    const auto object = fmt::format("{} of {}", address.url, cluster_.label);
    if (address.scope != cluster_.scope) {
      add("wrong_cluster", Severity::blocker, object,
          fmt::format("it belongs to scope {}, not {}", address.scope, cluster_.scope), query,
          address.scope == other_scope_ ? "it is a member of the other side: the wrong cluster would be promoted"
                                        : "a cluster that has no part in this split would be changed",
          "correct patroni.members in the environment file");
    }
    if (address.failsafe) {
      add("failsafe_active", Severity::blocker, object, "failsafe_mode_is_active", query,
          "it can't reach its DCS: a change of the configuration would not arrive", "bring the DCS (etcd) back");
    }
    if (address.without_leader_key) {
      add("no_leader_key", Severity::blocker, object, "cluster_unlocked: it sees no leader key in the DCS", query,
          "an election is under way, or the DCS lost the key: another member may lead in a moment",
          "wait until one leads: " + cluster_.list());
    }
    if (address.watchdog_failed) {
      add("watchdog_failed", Severity::blocker, object, "watchdog_failed", query,
          "the watchdog that it requires does not work: Patroni refuses to promote it",
          "fix /dev/watchdog, or set watchdog.mode: automatic");
    }
    const auto stale_s =
        60 + 2 * std::max<std::int64_t>(10, std::atoll(patroni::text_at(cluster_.patroni.config, "loop_wait").c_str()));
    if (address.dcs_seen_s > 0 && now_s_ - address.dcs_seen_s > stale_s) {
      add("dcs_not_reached", Severity::warning, object,
          fmt::format("it last reached its DCS {} s ago by its clock", now_s_ - address.dcs_seen_s), query,
          "a change of the configuration would not arrive in time, or the clocks of this machine and the member differ",
          "look at the member's log and at the DCS (etcd)");
    }
    if (!address.version.empty() && std::atoi(address.version.c_str()) < 3) {
      add("patroni_too_old", Severity::warning, object, "Patroni " + address.version, query,
          "standby clusters and their promotion are known to work from 3.0 on", "upgrade Patroni");
    }
  }

  void inspect_leader() {
    const auto* leader = cluster_.patroni.view.leader();
    if (leader == nullptr) {
      add("no_leader", Severity::blocker, cluster_.label,
          fmt::format("{} members, none of them leads", cluster_.patroni.view.members.size()), cluster_.list(),
          "there is nobody to promote or to write to",
          "look at the members' logs; patronictl failover " + cluster_.scope);
      return;
    }
    if (!runs(*leader)) {
      add("leader_not_running", Severity::blocker, member(leader->name), fmt::format("state \"{}\"", leader->state),
          cluster_.list(), "a promotion would wait for it, or end in an election", "wait until it runs, or fix it");
    }
    if (!cluster_.seen()) {
      add("no_session", Severity::blocker, member(leader->name), cluster_.unseen, "",
          "a run could not log in there, and what a session would show is not known",
          "correct postgres in the environment file, or pg_hba.conf");
      return;
    }
    // Later versions: access.right_missing.
    if (!cluster_.identity.superuser && cluster_.identity.version < postgres::without_superuser_since) {
      add("not_superuser", Severity::blocker, fmt::format("user {} on {}", cluster_.identity.user, cluster_.label),
          "rolsuper is false", "SELECT rolsuper FROM pg_roles WHERE rolname = current_user",
          "before PostgreSQL 16 only a superuser makes subscriptions",
          fmt::format("ALTER ROLE {} SUPERUSER", postgres::quote_identifier(cluster_.identity.user)));
    }
    if (cluster_.identity.version < 150000) {
      add("postgres_too_old", Severity::blocker, cluster_.label,
          fmt::format("server_version_num {}", cluster_.identity.version), "SHOW server_version_num",
          "forward and reverse replication need PostgreSQL 15 or newer", "upgrade it first");
    }
  }

  void inspect_replicas() {
    const auto& view = cluster_.patroni.view;
    const auto* leader = view.leader();
    const auto limit = std::atoll(patroni::text_at(cluster_.patroni.config, "maximum_lag_on_failover").c_str());
    int able = 0;
    for (const auto& one : view.members) {
      if (one.restart_scheduled) {
        add("restart_scheduled", Severity::warning, member(one.name), "a restart is scheduled", cluster_.list(),
            "it may come in the middle of a window",
            fmt::format("patronictl flush {} {} restart", cluster_.scope, one.name));
      }
      if (leader == nullptr || one.name == leader->name) continue;
      if (!runs(one)) {
        add("member_not_running", Severity::warning, member(one.name), fmt::format("state \"{}\"", one.state),
            cluster_.list(), "it can't take over if the leader fails",
            fmt::format("look at its log; patronictl reinit {} {}", cluster_.scope, one.name));
        continue;
      }
      if (!is_stuck(one)) ++able;
      if (one.timeline != 0 && leader->timeline != 0 && one.timeline != leader->timeline) {
        add("member_timeline", Severity::warning, member(one.name),
            fmt::format("timeline {}, the leader's is {}", one.timeline, leader->timeline), cluster_.list(),
            "it does not follow the leader",
            fmt::format("after a reattach Patroni rewinds it within loop_wait; else: patronictl reinit {} {}",
                        cluster_.scope, one.name));
      }
      if (one.lag && limit > 0 && *one.lag > limit) {
        add("member_lags", Severity::warning, member(one.name),
            fmt::format("{} bytes behind, maximum_lag_on_failover is {}", *one.lag, limit), cluster_.list(),
            "Patroni would not fail over to it", "find out what slows it down");
      }
    }
    if (able == 0 && leader != nullptr) {
      add("no_replica", Severity::warning, cluster_.label, "no replica runs beside the leader", cluster_.list(),
          "if the leader fails, this side's tables are down until it is back", "add a member, or bring one back");
    }
  }

  // As it says itself (topology_members.h): "running" is no proof.
  [[nodiscard]] bool is_stuck(const Member& one) const {
    return std::any_of(cluster_.members.begin(), cluster_.members.end(), [&](const auto& seen) {
      return seen.name == one.name && (seen.asked() || seen.starting) && !seen.problem().empty();
    });
  }

  void inspect_orders() {
    const auto& patroni = cluster_.patroni;
    if (patroni.view.paused) {
      add("patroni_paused", Severity::blocker, cluster_.label, "pause is on", cluster_.list(),
          "the leader would drop its key at a promotion, and nobody would be promoted",
          "patronictl resume " + cluster_.scope);
    }
    if (patroni.switchover_scheduled) {
      add("switchover_scheduled", Severity::blocker, cluster_.label, "a switchover is scheduled", curl("/cluster"),
          "the leader may change in the middle of a run",
          fmt::format("patronictl flush {} switchover", cluster_.scope));
    }
    if (cluster_.which == Owner::target && patroni::is_on(patroni.config, "synchronous_mode_strict")) {
      add("synchronous_mode_strict", Severity::blocker, cluster_.label, "synchronous_mode_strict is on",
          curl("/config"), "after the promotion no commit returns until a synchronous standby has come",
          edit("synchronous_mode_strict=false"));
    }
  }

  // Patroni makes a standby of it within loop_wait: its clients' writes since are rewound or lost.
  void inspect_owner() {
    if (cluster_.which != Owner::target || cluster_.owner != Owner::target) return;
    if (!patroni::is_set(cluster_.patroni.config, "standby_cluster")) return;
    add("owner_made_standby", Severity::blocker, cluster_.label,
        "it owns the moved tables, and its configuration has standby_cluster again", curl("/config"),
        "Patroni makes it a standby of the source, and pg_rewind throws away what its clients have written since the "
        "split",
        "at once: " + edit("standby_cluster=null") + "; then stop what put it there until cleanup");
  }

  void inspect_promotion() {
    const auto& config = cluster_.patroni.config;
    const auto* leader = cluster_.patroni.view.leader();
    if (!patroni::is_set(config, "standby_cluster")) {
      add("no_standby_cluster", Severity::blocker, cluster_.label,
          "its configuration has no standby_cluster, and it is in recovery", curl("/config"),
          "there is nothing to take away that would promote it; it may be about to promote itself", cluster_.list());
    } else if (leader != nullptr && leader->role != Role::standby_leader) {
      add("not_standby_leader", Severity::blocker, member(leader->name), "it leads as an ordinary leader",
          cluster_.list(), "Patroni is between two states: it was promoted, or is becoming a standby",
          "wait, then look again");
    }
    const auto postgresql = patroni::object_at(config, {"postgresql"});
    if (patroni::is_set(postgresql, "pre_promote")) {
      add("pre_promote", Severity::blocker, cluster_.label,
          "postgresql.pre_promote: " + patroni::text_at(postgresql, "pre_promote"), curl("/config"),
          "its command runs before the promotion, while clients wait, and stops it when it fails",
          edit("postgresql.pre_promote=null"));
    }
    if (const auto command = patroni::text_at(patroni::object_at(postgresql, {"callbacks"}), "on_role_change");
        !command.empty()) {
      add("role_callback", Severity::warning, cluster_.label, "postgresql.callbacks.on_role_change: " + command,
          curl("/config"),
          "it runs at the promotion: if it moves an address, clients may arrive before the tables are theirs",
          "read what it does, or: " + edit("postgresql.callbacks.on_role_change=null"));
    }
  }

  const ClusterSeen& cluster_;
  const std::string& other_scope_;
  Stage stage_;
  std::int64_t now_s_;
};

}  // namespace

Findings judge_cluster(const ClusterSeen& cluster, const std::string& other_scope, Stage stage, std::int64_t now_s) {
  return ClusterJudge(cluster, other_scope, stage, now_s).run();
}

}  // namespace pgcleave::checks
