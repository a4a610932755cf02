#include "world/slot_copies.h"

#include <algorithm>

#include "base/address.h"
#include "base/format.h"
#include "postgres/replication.h"

namespace pgcleave::world {
namespace {

// An address that follows the leader, such as a proxy's, is no member's own. Of several hosts libpq takes the first
// that answers, which may be a replica.
std::string member_at(const patroni::View& view, const std::string& host, const std::string& port) {
  const auto hosts = hosts_of(host);
  const auto found = std::find_if(view.members.begin(), view.members.end(), [&](const auto& member) {
    return std::find(hosts.begin(), hosts.end(), member.host) != hosts.end() && std::to_string(member.port) == port;
  });
  return found == view.members.end() ? "" : found->name;
}

Result<std::string> reads_from(Side& side, const patroni::View& view, Deadline deadline) {
  auto host = side.access().replication.value("host");
  auto port = side.access().replication.value("port");
  if (host.empty() || port.empty()) {
    TRY_ASSIGN(const auto route, side.route(deadline));
    host = host.empty() ? route.host : host;
    port = port.empty() ? std::to_string(route.port) : port;
  }
  return member_at(view, host, port);
}

}  // namespace

bool SlotCopies::survive() const {
  return failover && reads_from.empty() && !members.empty() &&
         std::all_of(members.begin(), members.end(), [](const auto& one) { return one.problem().empty(); });
}

std::string SlotCopies::text() const {
  std::vector<std::string> with_copy;
  std::vector<std::string> missing;
  for (const auto& one : members) {
    const auto problem = one.problem();
    if (problem.empty()) with_copy.push_back(one.member);
    if (!problem.empty()) missing.push_back(fmt::format("{}: {}", one.member, problem));
  }
  if (members.empty()) missing.emplace_back("it has no other member that Patroni may promote");
  if (!members.empty() && !failover) missing.insert(missing.begin(), "its slot has failover = false");
  if (!reads_from.empty()) missing.push_back(fmt::format("its subscriber has {}'s own address", reads_from));
  if (missing.empty())
    return fmt::format("a failover of {} leaves the rollback path as it is: {} has a copy of its slot", side,
                       fmt::join(with_copy, " and "));
  return fmt::format("a failover of {} ends the rollback path: {}", side, fmt::join(missing, "; "));
}

Result<SlotCopies> slot_copies(Side& side, const std::string& slot, Deadline deadline) {
  SlotCopies seen;
  seen.side = side.label();
  TRY_ASSIGN(auto* leader, side.leader(deadline));
  TRY_ASSIGN(const auto on_leader, postgres::slot(*leader, slot, deadline));
  seen.failover = on_leader && on_leader->failover;
  TRY_ASSIGN(const auto view, side.patroni().view(deadline));
  TRY_ASSIGN(seen.reads_from, reads_from(side, view, deadline));
  std::vector<postgres::Settings> settings;
  for (const auto& member : view.members) {
    if (&member == view.leader() || member.never_promoted) continue;
    settings.push_back(side.settings_for(member.host, member.port, member.name));
    seen.members.push_back({member.name, "", {}});
  }
  auto sessions = postgres::Connection::open_all(settings, deadline);
  for (std::size_t at = 0; at < sessions.size(); ++at) {
    auto& one = seen.members[at];
    auto copy = sessions[at] ? postgres::slot_copy(*sessions[at], slot, deadline) : fail(sessions[at].error());
    if (copy) one.copy = std::move(*copy);
    if (!copy) one.unasked = copy.error().seen.empty() ? copy.error().text() : copy.error().seen;
  }
  return seen;
}

}  // namespace pgcleave::world
