#include "checks/topology/chain.h"

#include <algorithm>
#include <set>

#include "base/address.h"
#include "base/format.h"
#include "checks/finding.h"

namespace pgcleave::checks {
namespace {

using patroni::Role;

class ChainJudge : Judging {
 public:
  ChainJudge(const ChainSeen& seen, Stage stage)
      : Judging("topology"), source_(seen.source), target_(seen.target), seen_(seen), stage_(stage) {}

  Findings run() {
    inspect_names();
    inspect_versions();
    for (const auto* cluster : {&source_, &target_}) inspect_synchronous(*cluster);
    if (source_.seen() && target_.seen() && roles_are_right() && stage_ == Stage::standby) {
      inspect_stream();
      inspect_slot();
    }
    return std::move(found_);
  }

 private:
  void inspect_names() {
    std::set<std::string> names;
    for (const auto& member : source_.patroni.view.members) names.insert(member.name);
    for (const auto& member : target_.patroni.view.members) {
      if (!names.contains(member.name)) continue;
      add("same_member_name", Severity::blocker, "member " + member.name,
          fmt::format("it is in {} and in {}", source_.label, target_.label), source_.list() + "; " + target_.list(),
          "synchronous_standby_names and slots can't tell them apart", "give the members of one cluster other names");
    }
  }

  void inspect_versions() {
    if (!source_.seen() || !target_.seen()) return;
    const int ours = source_.identity.version;
    const int theirs = target_.identity.version;
    const auto evidence =
        fmt::format("server_version_num {} on {}, {} on {}", ours, source_.label, theirs, target_.label);
    if (ours / 10000 != theirs / 10000) {
      add("major_versions_differ", Severity::blocker, target_.label, evidence, "SHOW server_version_num",
          "a physical standby can't follow, and a rollback can't rewind the target",
          "bring both sides to one major version");
    } else if (ours != theirs) {
      add("minor_versions_differ", Severity::note, target_.label, evidence, "SHOW server_version_num",
          "clients will meet another minor version after the split", "upgrade the older one, standbys first");
    }
    std::set<std::string> patronis;
    for (const auto* cluster : {&source_, &target_}) {
      for (const auto& address : cluster->patroni.addresses) {
        if (!address.version.empty()) patronis.insert(address.version);
      }
    }
    if (patronis.size() > 1) {
      add("patroni_versions_differ", Severity::note, "Patroni", fmt::format("versions {}", fmt::join(patronis, ", ")),
          "curl MEMBER/patroni", "an upgrade may be under way", "finish it before the window");
    }
  }

  // Who writes where commits wait for the other side's standby waits for ever once that side has left.
  void inspect_synchronous(const ClusterSeen& cluster) {
    if (!cluster.seen()) return;
    const auto& other = &cluster == &source_ ? target_ : source_;
    const auto* const query = "SELECT application_name, sync_state FROM pg_stat_replication";
    const auto managed = patroni::is_on(cluster.patroni.config, "synchronous_mode");
    const auto fix =
        managed
            ? fmt::format("patronictl edit-config {} -s synchronous_mode=false, or tag the other side's members nosync",
                          cluster.scope)
            : "take it out of synchronous_standby_names on " + cluster.label;
    for (const auto& standby : cluster.standbys) {
      if (standby.sync_state != "sync" && standby.sync_state != "quorum") continue;
      const auto& members = other.patroni.view.members;
      if (std::none_of(members.begin(), members.end(),
                       [&](const auto& member) { return member.name == standby.application; }))
        continue;
      add("synchronous_across", Severity::blocker, cluster.label,
          fmt::format("{} of {} is its {} standby; synchronous_standby_names is {}", standby.application, other.label,
                      standby.sync_state, cluster.synchronous_standby_names),
          query, "when that side is promoted, commits here wait for a standby that has gone", fix);
    }
    const auto& names = cluster.synchronous_standby_names;
    if (names.empty() || !cluster.identity.in_recovery) return;
    const auto named = [&](const StandbySeen& standby) {
      return names.find('*') != std::string::npos || names.find(standby.application) != std::string::npos;
    };
    if (std::any_of(cluster.standbys.begin(), cluster.standbys.end(), named)) return;
    add("synchronous_standby_missing", Severity::blocker, cluster.label,
        fmt::format("synchronous_standby_names is {}, and no such standby is connected", names), query,
        "after the promotion no commit returns", fix);
  }

  bool roles_are_right() {
    if (source_.identity.in_recovery) {
      const bool swapped = !target_.identity.in_recovery;
      add(swapped ? "sides_swapped" : "source_in_recovery", Severity::blocker, source_.label,
          fmt::format("{} is in recovery; {} is {}", source_.label, target_.label,
                      swapped ? "writable" : "in recovery too"),
          "SELECT pg_is_in_recovery()", "the source has to be the cluster that takes writes now",
          swapped ? "swap source and target in the environment file"
                  : "correct the environment file; promote a cluster only where no other one takes the writes");
      return false;
    }
    if (stage_ == Stage::promoted_by_others) {
      add("target_not_standby", Severity::blocker, target_.label,
          fmt::format("it is writable, on timeline {}; {} is on {}", target_.identity.timeline, source_.label,
                      source_.identity.timeline),
          "SELECT pg_is_in_recovery()",
          "it no longer follows the source, and no run promoted it: what it lacks is not known",
          fmt::format("leave it where clients write to it, as they do after a split that was cleaned up: as a standby "
                      "it loses all that it wrote since it left the source. Only where nobody needs that: patronictl "
                      "edit-config {} -s standby_cluster.host={} -s standby_cluster.port={}",
                      target_.scope, seen_.source_route.host, seen_.source_route.port));
      return false;
    }
    return true;
  }

  [[nodiscard]] Json upstream() const { return patroni::object_at(target_.patroni.config, {"standby_cluster"}); }
  [[nodiscard]] const SlotSeen* slot_on_source(const std::string& name) const {
    for (const auto& slot : source_.slots) {
      if (slot.name == name) return &slot;
    }
    return nullptr;
  }

  void inspect_stream() {
    const char* query = "SELECT status, sender_host, sender_port, slot_name, received_tli FROM pg_stat_wal_receiver";
    const auto repoint = fmt::format("patronictl edit-config {} -s standby_cluster.host={} -s standby_cluster.port={}",
                                     target_.scope, seen_.source_route.host, seen_.source_route.port);
    if (source_.identity.system_identifier != target_.identity.system_identifier) {
      add("not_a_copy", Severity::blocker, target_.label,
          fmt::format("system identifier {}, {} has {}", target_.identity.system_identifier, source_.label,
                      source_.identity.system_identifier),
          "SELECT system_identifier FROM pg_control_system()", "it is the standby of another database",
          "correct the environment file, or clone it from the source where nobody needs what it holds");
      return;
    }
    const auto& receiver = target_.receiver;
    const bool archive_only = !patroni::is_set(upstream(), "host") && patroni::is_set(upstream(), "restore_command");
    if (archive_only) {
      add("archive_only", Severity::blocker, target_.label, "standby_cluster has a restore_command and no host",
          "patronictl show-config " + target_.scope,
          "it replays finished WAL files only: what the source has written since the last one would be missing when it "
          "is promoted",
          repoint);
      return;
    }
    if (receiver.status != "streaming") {
      add("not_streaming", Severity::blocker, target_.label,
          receiver.status.empty() ? "it has no WAL receiver" : "its WAL receiver is " + receiver.status, query,
          "it falls behind, and its promotion would lose what the source has written since",
          "look at its log; " + repoint);
      return;
    }
    if (source_.identity.timeline != target_.identity.timeline) {
      add("timelines_differ", Severity::blocker, target_.label,
          fmt::format("timeline {}, {} is on {}", target_.identity.timeline, source_.label, source_.identity.timeline),
          query, "it follows another branch of the history", "clone it anew: patronictl reinit " + target_.scope);
    }
    const auto from = "it streams from " + address_text(receiver.sender_host, receiver.sender_port);
    for (const auto& member : source_.patroni.view.members) {
      if (member.host != receiver.sender_host || member.port != receiver.sender_port) continue;
      if (member.role == Role::leader) return;
      add("follows_replica", Severity::note, target_.label, fmt::format("{}, which is replica {}", from, member.name),
          query, "its lag is that of two hops, and a failure of that replica stops it", repoint);
      return;
    }
    if (receiver.sender_host == seen_.source_route.host && receiver.sender_port == seen_.source_route.port) return;
    // Behind an address that moves the sender is known by the slot that it serves.
    const auto* slot = receiver.slot.empty() ? nullptr : slot_on_source(receiver.slot);
    if (slot != nullptr && slot->active) return;
    add("follows_another", Severity::blocker, target_.label,
        fmt::format("{}, which is no member of {}", from, source_.label), query,
        "the WAL that a run waits for may never come from there", repoint);
  }

  void inspect_slot() {
    const auto name = patroni::slot_of_standby(upstream());
    if (!patroni::is_set(target_.patroni.config, "standby_cluster")) return;
    if (upstream().contains("primary_slot_name") && upstream().at("primary_slot_name").is_null()) {
      add("slot_is_null", Severity::warning, target_.label, "standby_cluster has primary_slot_name: null",
          "patronictl show-config " + target_.scope,
          "Patroni takes the key for a slot and fails on it (AttributeError) when the member has to follow: after a "
          "restart or a rollback",
          fmt::format("PUT the configuration without the key: curl TARGET/config | jq "
                      "'del(.standby_cluster.primary_slot_name)' | curl -X PUT "
                      "--data-binary @- TARGET/config; or name a slot: patronictl edit-config {} -s "
                      "standby_cluster.primary_slot_name={}_cluster",
                      target_.scope, target_.scope));
      return;
    }
    if (name.empty()) {
      add("no_slot", Severity::warning, target_.label, "standby_cluster has no primary_slot_name",
          "patronictl show-config " + target_.scope,
          "the source removes WAL that the standby still needs, for example while it is being rewound",
          fmt::format("patronictl edit-config {} -s slots.{}_cluster.type=physical; patronictl edit-config {} -s "
                      "standby_cluster.primary_slot_name={}_cluster",
                      source_.scope, target_.scope, target_.scope, target_.scope));
      return;
    }
    const auto declare = fmt::format("patronictl edit-config {} -s slots.{}.type=physical", source_.scope, name);
    const auto object = fmt::format("slot {} on {}", name, source_.label);
    if (!patroni::object_at(source_.patroni.config, {"slots"}).contains(name)) {
      add("slot_not_declared", Severity::blocker, object, "Patroni's configuration has no such name under slots",
          "patronictl show-config " + source_.scope,
          "Patroni drops the slot whenever it is inactive, and the standby can't come back", declare);
      return;
    }
    const auto* slot = slot_on_source(name);
    if (slot == nullptr || !slot->active) {
      add("slot_unused", Severity::warning, object,
          slot == nullptr ? "there is no such slot" : "nobody streams from it",
          "SELECT slot_name, active FROM pg_replication_slots", "the WAL that the standby needs is not kept for it",
          slot == nullptr ? declare : "let the standby use it: primary_slot_name");
    }
  }

  const ClusterSeen& source_;
  const ClusterSeen& target_;
  const ChainSeen& seen_;
  Stage stage_;
};

}  // namespace

Findings judge_chain(const ChainSeen& seen, Stage stage) {
  return ChainJudge(seen, stage).run();
}

}  // namespace pgcleave::checks
