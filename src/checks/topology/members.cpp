#include "checks/topology/members.h"

#include "base/format.h"
#include "checks/finding.h"

namespace pgcleave::checks {
namespace {

using fence::Owner;
using world::MemberSeen;

class MembersJudge : Judging {
 public:
  MembersJudge(const ClusterSeen& cluster, Stage stage) : Judging("topology"), cluster_(cluster), stage_(stage) {}

  Findings run() {
    // PostgreSQL 15 lists files for superusers only: a finding of its own.
    if (!cluster_.members_unseen.empty() &&
        (cluster_.identity.superuser || cluster_.identity.version >= postgres::without_superuser_since)) {
      add("members_not_asked", Severity::warning, cluster_.label, cluster_.members_unseen, cluster_.list(),
          "a member that a rollback left behind, or with the history of an abandoned timeline, would not be found",
          "see what keeps the leader from answering, then check again");
    }
    for (const auto& one : cluster_.members) {
      if (one.problem().empty()) continue;
      if (one.asked() && !one.stale.empty()) {
        judge_histories(one);
      } else if (one.asked() || one.starting) {
        judge_stuck(one);
      }
    }
    return std::move(found_);
  }

 private:
  [[nodiscard]] std::string object(const MemberSeen& one) const {
    return fmt::format("member {} of {}", one.name, cluster_.label);
  }
  [[nodiscard]] std::string reinit(const MemberSeen& one) const {
    return fmt::format("patronictl reinit {} {}", cluster_.scope, one.name);
  }

  void judge_histories(const MemberSeen& one) {
    const bool is_promoted = one.leads && cluster_.which == Owner::target && stage_ == Stage::standby;
    add("stale_history", is_promoted ? Severity::blocker : Severity::warning, object(one), one.problem(),
        "SELECT name FROM pg_ls_waldir() WHERE name LIKE '%.history'",
        one.leads ? "it takes the abandoned timeline for the newest when it starts next, and then waits for ever"
                  : "PostgreSQL asks for no history that it has: it believes this file when a promotion takes that "
                    "number, and is left behind "
                    "while Patroni shows it running",
        one.leads
            ? fmt::format("let another member lead: patronictl switchover {}; then: {}", cluster_.scope, reinit(one))
            : reinit(one));
  }

  void judge_stuck(const MemberSeen& one) {
    add("member_stuck", Severity::warning, object(one), one.problem(), cluster_.list(),
        "it can't take over if the leader fails, and may wait for WAL that never comes while Patroni shows it running",
        fmt::format("wait a minute and look again: Patroni may be bringing it back; else: {}", reinit(one)));
  }

  const ClusterSeen& cluster_;
  Stage stage_;
};

}  // namespace

Findings judge_members(const ClusterSeen& cluster, Stage stage) {
  return MembersJudge(cluster, stage).run();
}

}  // namespace pgcleave::checks
