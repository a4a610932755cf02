#include "world/cluster_members.h"

#include <algorithm>

#include "base/format.h"
#include "postgres/flushed.h"
#include "postgres/sqlstate.h"
#include "postgres/wal.h"
#include "world/stale_histories.h"

namespace pgcleave::world {
namespace {

std::string said_by_patroni(const patroni::Member& member) {
  return fmt::format("{}, timeline {}", member.state.empty() ? "no state" : member.state,
                     member.timeline == 0 ? "unknown" : std::to_string(member.timeline));
}

struct LeaderSeen {
  postgres::Histories histories;
  bool judges = false;  // its timeline is known for sure
  std::vector<postgres::Flushed> standbys;
};

Result<LeaderSeen> ask_leader(postgres::Connection& leader, MemberSeen& seen, Deadline deadline) {
  LeaderSeen leads;
  TRY_ASSIGN(const auto recovery, postgres::recovery(leader, deadline));
  TRY_ASSIGN(const auto receiver, postgres::receiver(leader, deadline));
  TRY_ASSIGN(leads.histories, postgres::histories(leader, deadline));
  TRY_ASSIGN(leads.standbys, postgres::flushed(leader, deadline));
  seen.writable = !recovery.in_recovery;
  seen.streams = receiver.status == "streaming";
  leads.judges = seen.writable || seen.streams;
  seen.timeline = seen.leaders_timeline = leads.histories.timeline;
  if (leads.judges) seen.stale = stale_histories(leads.histories, leads.histories);
  return leads;
}

Result<void> ask_member(postgres::Connection& member, const LeaderSeen& leader, MemberSeen& seen, Deadline deadline) {
  TRY_ASSIGN(const auto recovery, postgres::recovery(member, deadline));
  TRY_ASSIGN(const auto receiver, postgres::receiver(member, deadline));
  TRY_ASSIGN(const auto histories, postgres::histories(member, deadline));
  seen.writable = !recovery.in_recovery;
  seen.timeline = histories.timeline;
  // A receiver says streaming as soon as it is connected, the leader only of one that has caught up. One that follows
  // another member is not seen by the leader.
  const auto sent = std::find_if(leader.standbys.begin(), leader.standbys.end(),
                                 [&](const auto& standby) { return standby.application == seen.name; });
  seen.streams = receiver.status == "streaming" && (sent == leader.standbys.end() || sent->state == "streaming");
  if (leader.judges) seen.stale = stale_histories(histories, leader.histories);
  return {};
}

void note_refusal(const Error& error, MemberSeen& seen) {
  seen.starting = error.code == postgres::cannot_connect_now;
  seen.unasked = error.seen.empty() ? error.text() : error.seen;
}

MemberSeen known_of(const patroni::Member& member, bool leads) {
  MemberSeen seen;
  seen.name = member.name;
  seen.leads = leads;
  seen.never_promoted = member.never_promoted;
  seen.state = member.state;
  seen.told = said_by_patroni(member);
  return seen;
}

}  // namespace

std::string MemberSeen::problem() const {
  // The same SQLSTATE while it starts, replays what it needs to be consistent, or shuts down: its own words say which.
  if (starting) return fmt::format("takes no connections ({}); Patroni says: {}", unasked, told);
  if (!asked()) return fmt::format("can't be asked ({}); Patroni says: {}", unasked, told);
  if (!stale.empty())
    return fmt::format("has {} in pg_wal, which is not in the history of its leader's timeline {}",
                       fmt::join(stale, ", "), leaders_timeline);
  if (leads) return "";
  if (writable) return fmt::format("is writable, and does not lead; Patroni says: {}", told);
  if (timeline != leaders_timeline)
    return fmt::format("is on timeline {}, its leader on {}; Patroni says: {}", timeline, leaders_timeline, told);
  if (!streams) return fmt::format("does not stream from its leader; Patroni says: {}", told);
  return "";
}

Result<std::vector<MemberSeen>> inspect_members(Side& side, const patroni::View& view, postgres::Connection& leader,
                                                Deadline deadline) {
  std::vector<MemberSeen> all;
  const auto* leads = view.leader();
  if (leads == nullptr) return all;
  all.push_back(known_of(*leads, true));
  TRY_ASSIGN(const auto seen_of_leader, ask_leader(leader, all.front(), deadline));
  std::vector<postgres::Settings> settings;
  for (const auto& member : view.members) {
    if (&member == leads) continue;
    all.push_back(known_of(member, false));
    all.back().leaders_timeline = seen_of_leader.histories.timeline;
    settings.push_back(side.settings_for(member.host, member.port, member.name));
  }
  auto sessions = postgres::Connection::open_all(settings, deadline);
  for (std::size_t at = 0; at < sessions.size(); ++at) {
    auto& seen = all[at + 1];
    const auto asked =
        sessions[at] ? ask_member(*sessions[at], seen_of_leader, seen, deadline) : fail(sessions[at].error());
    if (!asked) note_refusal(asked.error(), seen);
  }
  return all;
}

}  // namespace pgcleave::world
