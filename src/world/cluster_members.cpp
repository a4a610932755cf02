#include "world/cluster_members.h"

#include <algorithm>

#include "base/format.h"
#include "postgres/connection.h"
#include "postgres/following.h"
#include "postgres/sql/history_text.h"
#include "postgres/wal.h"

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

namespace {

using postgres::Histories;
using postgres::History;
using postgres::Timeline;

const History* file_of(const Histories& server, std::uint32_t timeline) {
  const auto found = std::find_if(server.files.begin(), server.files.end(),
                                  [&](const auto& file) { return file.timeline == timeline; });
  return found == server.files.end() ? nullptr : &*found;
}

// The first timeline has no file. Empty: the leader's own file is not there, and nothing can be said of what came
// before it.
std::vector<Timeline> lineage_of(const Histories& leader) {
  if (leader.timeline <= 1) return {{1, Lsn{}}};
  const auto* own = file_of(leader, leader.timeline);
  return own == nullptr ? std::vector<Timeline>() : own->lineage;
}

class Judgement {
 public:
  Judgement(const Histories& member, const Histories& leader)
      : leader_(leader.timeline),
        lineage_(lineage_of(leader)),
        knows_leaders_(file_of(member, leader.timeline) != nullptr) {}

  [[nodiscard]] bool is_stale(const History& file) const {
    if (file.timeline > leader_) return true;  // the next promotion takes this number
    if (lineage_.empty()) return false;
    const auto mine =
        std::find_if(lineage_.begin(), lineage_.end(), [&](const auto& one) { return one.id == file.timeline; });
    // A number that was passed over. A member that starts without the leader's file takes this one for the newest.
    if (mine == lineage_.end()) return !knows_leaders_;
    return file.lineage != std::vector<Timeline>(lineage_.begin(), mine + 1);
  }

 private:
  std::uint32_t leader_;
  std::vector<Timeline> lineage_;
  bool knows_leaders_;
};

}  // namespace

std::vector<std::string> stale_histories(const Histories& member, const Histories& leader) {
  const Judgement judgement(member, leader);
  std::vector<std::string> stale;
  for (const auto& file : member.files) {
    if (judgement.is_stale(file)) stale.push_back(postgres::history_file(file.timeline));
  }
  return stale;
}

}  // namespace pgcleave::world
