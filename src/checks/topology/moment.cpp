#include "checks/topology/moment.h"

#include <algorithm>

#include "base/address.h"
#include "base/format.h"
#include "checks/finding.h"

namespace pgcleave::checks {
namespace {

using fence::Owner;

class MomentJudge : Judging {
 public:
  MomentJudge(const MomentSeen& seen, Stage stage) : Judging("topology"), seen_(seen), stage_(stage) {}

  Findings run() {
    inspect_stage();
    inspect_route(stage_ == Stage::split ? seen_.target : seen_.source);
    if (stage_ == Stage::standby) inspect_leftovers();
    return std::move(found_);
  }

 private:
  // Of an unknown stage, or of one that others promoted, other judges say what is wrong.
  void inspect_stage() {
    if (!seen_.expected || stage_ == Stage::unknown || stage_ == Stage::promoted_by_others) return;
    const auto& expected = *seen_.expected;
    const auto wanted = expected.serving == Owner::target ? Stage::split
                        : expected.target_promoted        ? Stage::promoted
                                                          : Stage::standby;
    if (stage_ == wanted) return;
    add("another_stage", Severity::blocker, seen_.target.label,
        fmt::format("{}; here it must be that {}", in_words(stage_), in_words(wanted)),
        "SELECT pg_is_in_recovery(); SELECT last_value FROM pgcleave." +
            postgres::quote_identifier("owner_" + seen_.split),
        "the steps that follow are made for another state of the split",
        "pgcleave status says which run is under way, and what to do");
  }

  [[nodiscard]] std::string in_words(Stage stage) const {
    switch (stage) {
      case Stage::standby: return "it is a standby of " + seen_.source.label;
      case Stage::promoted: return fmt::format("it is promoted and {} serves the moved tables", seen_.source.label);
      case Stage::split: return "it serves the moved tables";
      case Stage::unknown:
      case Stage::promoted_by_others: break;
    }
    return "nothing is known of it";
  }

  // A route of one's own, such as a proxy's, follows the leader. A member's address does not.
  void inspect_route(const ClusterSeen& serving) {
    const auto& view = serving.patroni.view;
    const auto* leader = view.leader();
    if (leader == nullptr) return;
    const auto& members = view.members;
    const auto hosts = hosts_of(serving.route.host);
    const auto member = std::find_if(members.begin(), members.end(), [&](const auto& one) {
      return std::find(hosts.begin(), hosts.end(), one.host) != hosts.end() && one.port == serving.route.port &&
             one.name != leader->name;
    });
    if (member == members.end()) return;
    add("route_is_replica", Severity::blocker, serving.label,
        fmt::format("its route {} is member {}, but {} leads", address_text(serving.route.host, serving.route.port),
                    member->name, leader->name),
        serving.list(), "a rollback would send clients to a standby",
        fmt::format(
            "write route: leader, let it be an address that follows the leader, or: patronictl switchover {} --leader "
            "{} --candidate {}",
            serving.scope, leader->name, member->name));
  }

  void inspect_leftovers() {
    const auto name = fmt::format("pgcleave_{}_reverse", seen_.split);
    const auto* const fix = "roll that run back (pgcleave status), or drop it";
    const auto* const why =
        "a run would meet it when it makes its own, and replication would go on from where that one stood";
    const auto& subscriptions = seen_.source.subscriptions;
    if (std::find(subscriptions.begin(), subscriptions.end(), name) != subscriptions.end()) {
      add("leftover", Severity::blocker, fmt::format("subscription {} on {}", name, seen_.source.label),
          "it is of an earlier run", "SELECT subname FROM pg_subscription", why, fix);
    }
    const auto& slots = seen_.target.slots;
    if (std::any_of(slots.begin(), slots.end(), [&](const auto& slot) { return slot.name == name; })) {
      add("leftover", Severity::blocker, fmt::format("slot {} on {}", name, seen_.target.label),
          "it is of an earlier run", "SELECT slot_name FROM pg_replication_slots", why, fix);
    }
  }

  const MomentSeen& seen_;
  Stage stage_;
};

}  // namespace

Findings judge_moment(const MomentSeen& seen, Stage stage) {
  return MomentJudge(seen, stage).run();
}

}  // namespace pgcleave::checks
