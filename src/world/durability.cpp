#include "world/durability.h"

#include <algorithm>
#include <optional>

#include "base/format.h"
#include "postgres/connection.h"
#include "postgres/following.h"
#include "postgres/wal.h"

namespace pgcleave::world {
namespace {

using fence::Owner;

constexpr const char* how_to_fix =
    "bring it back; or keep Patroni from promoting it (tag nofailover); or wait until Patroni lists it no more; or "
    "accept what its "
    "promotion "
    "would do with --set durable=leader";
constexpr auto patience_with_a_member = std::chrono::seconds(2);
constexpr auto patience_with_a_look = std::chrono::seconds(4);
constexpr auto patience_with_the_leader = std::chrono::milliseconds(200);
constexpr auto nap_while_durable = std::chrono::milliseconds(100);

Result<postgres::Connection> connect(Side& side, const patroni::Member& member, Deadline deadline) {
  return postgres::Connection::open(side.settings_for(member.host, member.port, member.name), deadline);
}

std::string in_words(const std::optional<Owner>& owner) {
  return owner ? fence::name_of(*owner) : "nothing, since it has no fence";
}

bool is_owner(const Result<std::optional<Owner>>& owner, Owner side) {
  return !owner || !owner->has_value() || **owner == side;
}

// One that the leader does not see streaming.
Result<std::optional<MemberToTell>> ask_apart(World& world, Side& side, const patroni::Member& member,
                                              Deadline deadline) {
  const auto refused = [&](const std::string& why, const std::string& seen) {
    return fail({ErrorKind::not_ready, fmt::format("member {} of {}", member.name, side.label()),
                 why + ": promoted without the release it would own", "streaming", seen, how_to_fix, ""});
  };
  auto connection = connect(side, member, deadline);
  // Patroni promotes no member whose server is still starting (3.0 to 4.1). What it is when it has started is for the
  // witness.
  if (!connection && connection.error().code == postgres::cannot_connect_now) return std::nullopt;
  const auto owner = connection ? fence::owner(*connection, world.split.name, deadline) : fail(connection.error());
  if (!owner) return refused("does not stream from the leader and can't be asked", owner.error().text());
  if (!is_owner(owner, side.which())) return std::nullopt;
  const auto receiver = postgres::receiver(*connection, deadline);
  if (!receiver || receiver->status != "streaming")
    return refused("does not stream", receiver ? member.state : receiver.error().text());
  return MemberToTell{member, std::make_shared<postgres::Connection>(std::move(*connection))};
}

// Without the leader each is asked what it has replayed, which it had on disk before.
Result<bool> says_that_it_is_released(World& world, Side& side, MemberToTell& told, Deadline deadline) {
  if (told.session == nullptr) {
    TRY_ASSIGN(auto connection, connect(side, told.member, deadline));
    told.session = std::make_shared<postgres::Connection>(std::move(connection));
  }
  TRY_ASSIGN(const auto owner, fence::owner(*told.session, world.split.name, deadline));
  return !is_owner(owner, side.which());
}

}  // namespace

Result<std::vector<MemberToTell>> members_to_tell(World& world, Side& side, Deadline deadline) {
  TRY_ASSIGN(const auto view, side.patroni().view(deadline));
  const auto* leads = view.leader();
  std::vector<MemberToTell> members;
  if (leads == nullptr || view.members.size() < 2) return members;
  TRY_ASSIGN(auto* leader, side.leader(deadline));
  TRY_ASSIGN(const auto standbys, postgres::flushed(*leader, deadline));
  for (const auto& member : view.members) {
    if (&member == leads || member.never_promoted) continue;
    const bool streams = std::any_of(standbys.begin(), standbys.end(), [&](const auto& standby) {
      return standby.application == member.name && standby.state == "streaming";
    });
    if (streams) {
      members.push_back({member});
      continue;
    }
    TRY_ASSIGN(auto apart, ask_apart(world, side, member, deadline.or_earlier(Deadline::in(patience_with_a_member))));
    if (apart) members.push_back(std::move(*apart));
  }
  return members;
}

Result<void> wait_until_released(World& world, const PendingRelease& release, Deadline deadline, const StopFlag* stop) {
  if (release.members.empty()) return {};
  auto& side = release.side == Owner::target ? world.target : world.source;
  auto waiting = release.members;
  const auto flushed = wait_until(
      "the release is on disk on all members", deadline, std::chrono::microseconds(500), stop, [&]() -> Result<bool> {
        const auto leader = side.leader(deadline.or_earlier(Deadline::in(patience_with_the_leader)));
        const auto standbys = leader ? postgres::flushed(**leader, deadline.for_one_read()) : fail(leader.error());
        std::erase_if(waiting, [&](auto& told) {
          if (standbys && told.session == nullptr) {
            return std::any_of(standbys->begin(), standbys->end(), [&](const auto& standby) {
              return standby.application == told.member.name && release.lsn <= standby.lsn;
            });
          }
          const auto says = says_that_it_is_released(world, side, told, deadline.for_one_read());
          return says && *says;
        });
        return waiting.empty();
      });
  if (flushed) return {};
  std::string behind;
  for (const auto& told : waiting) behind += (behind.empty() ? "" : ", ") + told.member.name;
  auto error = flushed.error();
  if (error.kind == ErrorKind::timed_out) error.kind = ErrorKind::failed;  // nothing was sent
  error.object = side.label();
  error.what = "its release is not on disk on all members, so ownership is not taken";
  error.expected = "flushed up to " + release.lsn.text();
  error.seen = "not by " + behind;
  error.hint = how_to_fix;
  return fail(error);
}

Result<std::vector<std::string>> not_durable_on(World& world, Side& side, Deadline deadline) {
  std::vector<std::string> behind;
  TRY_ASSIGN(const auto view, side.patroni().view(deadline));
  const auto* leads = view.leader();
  if (leads == nullptr || view.members.size() < 2) return behind;
  TRY_ASSIGN(auto* leader, side.leader(deadline));
  TRY_ASSIGN(const auto recovery, postgres::recovery(*leader, deadline));
  TRY_ASSIGN(const auto wanted, fence::owner(*leader, world.split.name, deadline));
  if (recovery.in_recovery || !wanted) return behind;
  for (const auto& member : view.members) {
    if (&member == leads || member.never_promoted) continue;
    const auto until = deadline.or_earlier(Deadline::in(patience_with_a_member));
    auto connection = connect(side, member, until);
    const auto owner = connection ? fence::owner(*connection, world.split.name, until) : fail(connection.error());
    if (!owner) behind.push_back(fmt::format("{} can't be asked: {}", member.name, owner.error().text()));
    if (owner && *owner != wanted) behind.push_back(fmt::format("{} says {}", member.name, in_words(*owner)));
  }
  return behind;
}

Result<std::vector<std::string>> wait_until_flushed_by_members(Side& side, Deadline deadline, const StopFlag* stop) {
  std::vector<std::string> left;
  TRY_ASSIGN(const auto view, side.patroni().view(deadline));
  const auto* leads = view.leader();
  if (leads == nullptr || view.members.size() < 2) return left;
  TRY_ASSIGN(auto* leader, side.leader(deadline));
  TRY_ASSIGN(const auto recovery, postgres::recovery(*leader, deadline));
  if (recovery.in_recovery) return left;
  for (const auto& member : view.members) {
    if (&member != leads && !member.never_promoted) left.push_back(member.name);
  }
  const auto waited =
      wait_until("members have it on disk", deadline, std::chrono::milliseconds(1), stop, [&]() -> Result<bool> {
        TRY_ASSIGN(const auto standbys, postgres::flushed(*leader, deadline.for_one_read()));
        std::erase_if(left, [&](const auto& name) {
          return std::any_of(standbys.begin(), standbys.end(), [&](const auto& standby) {
            return standby.application == name && recovery.replayed <= standby.lsn;
          });
        });
        return left.empty();
      });
  if (!waited && waited.error().kind != ErrorKind::timed_out) return fail(waited.error());
  return left;
}

std::vector<std::string> wait_until_durable(World& world, Side& side, Deadline deadline, const StopFlag* stop) {
  std::vector<std::string> left;
  static_cast<void>(wait_until("ownership is durable", deadline, nap_while_durable, stop, [&]() -> Result<bool> {
    // The last look has a time of its own: what it saw is told.
    const auto behind =
        not_durable_on(world, side, deadline.or_earlier(Deadline::in(patience_with_a_look)).for_one_read());
    if (behind) left = *behind;
    if (!behind && left.empty()) left.push_back(behind.error().text());
    return behind && left.empty();
  }));
  return left;
}

}  // namespace pgcleave::world
