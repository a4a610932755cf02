#include "steps/patroni/member_fixing.h"

#include <algorithm>
#include <map>

#include "base/fields.h"
#include "base/format.h"
#include "patroni/cluster.h"
#include "world/telling.h"

namespace pgcleave::steps {
namespace {

constexpr auto between_member_looks = std::chrono::seconds(1);
constexpr auto time_for_a_member_look = std::chrono::seconds(3);
constexpr auto kept_for_the_last_look = std::chrono::seconds(5);

bool may_be_copied(const Context& context) {
  return context.with.value("reclone", std::string("when_needed")) != "never";
}

// Patroni acts once in loop_wait. A member that replays what it was rewound with takes no connections either, and may
// need longer.
struct Patience {
  Duration usual;
  Duration while_starting;
};

Patience patience_with(Side& cluster, Deadline deadline) {
  const auto config = cluster.patroni().config(deadline);
  const auto loop = std::chrono::seconds(std::clamp(config ? small_in(*config, "loop_wait", 10) : 10, 1, 60));
  return {4 * loop, 12 * loop};
}

class Fixing {
 public:
  Fixing(Context& context, Side& cluster)
      : context_(context),
        cluster_(cluster),
        until_(Deadline::at(context.deadline.when() - kept_for_the_last_look)),
        patience_(patience_with(cluster, context.deadline.for_one_read())),
        telling_(context.world) {}

  Result<Json> run() {
    while (true) {
      const bool last = until_.passed();
      inspect();
      if (whole_looks_ > 1 || last || nobody_will_come()) break;
      if (!sleep_until(until_, between_member_looks, context_.stop))
        return fail(gave_up("all members of " + cluster_.label() + " follow", true));
    }
    std::vector<std::string> left;
    for (const auto& member : behind_) left.push_back(told_as_left(member));
    if (!unseen_.empty())
      left.push_back(fmt::format("whether all members of {} follow could not be seen: {}", cluster_.label(), unseen_));
    return Json{{"reinitialized", reinitialized_}, {"left_behind", left}};
  }

 private:
  void inspect() {
    const auto deadline = Deadline::in(time_for_a_member_look);
    const auto view = cluster_.patroni().view(deadline);
    auto leader = cluster_.leader(deadline);
    const auto seen = !view     ? Result<std::vector<world::MemberSeen>>(fail(view.error()))
                      : !leader ? Result<std::vector<world::MemberSeen>>(fail(leader.error()))
                                : inspect_members(cluster_, *view, **leader, deadline);
    behind_.clear();
    unseen_ = !seen ? seen.error().text() : seen->empty() ? "no member leads" : "";
    if (!unseen_.empty()) {
      whole_looks_ = 0;
      telling_.changed(unseen_);
      return;
    }
    leader_streams_ = seen->front().streams;
    for (const auto& member : *seen) note(member);
    whole_looks_ = behind_.empty() && leader_streams_ ? whole_looks_ + 1 : 0;
    for (const auto& member : behind_) fix(member, *view);
  }

  void note(const world::MemberSeen& member) {
    if (member.problem().empty()) {
      if (++good_looks_[member.name] > 1) since_.erase(member.name);
      return;
    }
    good_looks_[member.name] = 0;
    since_.try_emplace(member.name, Monotonic::now());
    behind_.push_back(member);
    telling_.changed(fmt::format("{} {}", member.name, member.problem()));
  }

  // Patroni can only copy what is no leader. What can't be asked may well follow.
  [[nodiscard]] bool may_be_fixed(const world::MemberSeen& member) const {
    if (member.leads || member.writable || !may_be_copied(context_)) return false;
    const bool is_down = member.state == "start failed" || member.state == "crashed";
    return member.asked() || member.starting || is_down;
  }

  [[nodiscard]] bool has_lasted(const world::MemberSeen& member) const {
    const auto since = since_.find(member.name);
    if (since == since_.end()) return false;
    return Monotonic::now() - since->second >= (member.starting ? patience_.while_starting : patience_.usual);
  }

  [[nodiscard]] bool nobody_will_come() const {
    return unseen_.empty() && !behind_.empty() &&
           std::all_of(behind_.begin(), behind_.end(), [this](const auto& member) {
             return !may_be_fixed(member) && has_lasted(member) && member.state != patroni::being_copied;
           });
  }

  // A lost answer is resolved by the next look: its Patroni says that it copies, or nothing came of it and the time
  // runs anew.
  void fix(const world::MemberSeen& member, const patroni::View& view) {
    if (!leader_streams_ || !may_be_fixed(member) || !has_lasted(member) || until_.passed()) return;
    const auto known = std::find_if(view.members.begin(), view.members.end(),
                                    [&](const auto& one) { return one.name == member.name; });
    if (known == view.members.end()) return;
    since_[member.name] = Monotonic::now();
    const auto access = cluster_.rest_access();
    const auto state = patroni::state_of(access, *known, Deadline::in(time_for_a_member_look));
    if (state && *state == patroni::being_copied) return;
    const auto sent =
        state ? patroni::reinitialize(access, *known, Deadline::in(time_for_a_member_look)) : fail(state.error());
    const bool refused = !sent && sent.error().kind != ErrorKind::unknown;
    refusals_[member.name] = refused ? sent.error().text() : "";
    if (refused) {
      telling_.changed(fmt::format("{} could not be reinitialized: {}", member.name, sent.error().text()));
      return;
    }
    reinitialized_.push_back(member.name);
    telling_.changed(fmt::format("{} {}; Patroni copies it anew", member.name, member.problem()));
  }

  [[nodiscard]] std::string told_as_left(const world::MemberSeen& member) const {
    const auto refusal = refusals_.find(member.name);
    const bool refused = refusal != refusals_.end() && !refusal->second.empty();
    return left_behind(cluster_, member) + (refused ? "; Patroni did not do it: " + refusal->second : "");
  }

  Context& context_;
  Side& cluster_;
  Deadline until_;
  Patience patience_;
  world::Telling telling_;
  bool leader_streams_ = false;
  int whole_looks_ = 0;  // in a row: a receiver that is refused says streaming for a moment
  std::vector<world::MemberSeen> behind_;
  std::string unseen_;
  std::map<std::string, Monotonic::time_point> since_;
  std::map<std::string, int> good_looks_;  // in a row
  std::map<std::string, std::string> refusals_;
  std::vector<std::string> reinitialized_;
};

}  // namespace

Result<Json> bring_members_along(Context& context, Side& cluster) {
  const auto what = fmt::format(
      "wait until every member of {} follows{}", cluster.label(),
      may_be_copied(context) ? "; have Patroni reinitialize one that does not come (POST /reinitialize)" : "");
  TRY_ASSIGN(auto result, context.world.effects->perform(what, [&] { return Fixing(context, cluster).run(); }));
  return result.is_object() ? result : Json::object();
}

Observation observe_members(Context& context, Side& cluster, Observation attached) {
  if (attached.state != State::done) return attached;
  const auto deadline = Deadline::in(time_for_a_member_look).or_earlier(context.deadline.for_one_read());
  const auto view = cluster.patroni().view(deadline);
  auto leader = cluster.leader(deadline);
  const auto seen = view && leader ? inspect_members(cluster, *view, **leader, deadline)
                                   : Result<std::vector<world::MemberSeen>>(fail(view ? leader.error() : view.error()));
  std::string behind = seen ? "" : "its members can't be seen: " + seen.error().text();
  if (seen) {
    for (const auto& member : *seen) {
      if (!member.problem().empty()) behind += (behind.empty() ? "" : "; ") + member.name + " " + member.problem();
    }
  }
  if (behind.empty()) return attached;
  attached.state = State::pending;
  attached.lasting = false;
  attached.evidence += "; " + behind;
  return attached;
}

std::string left_behind(const Side& cluster, const world::MemberSeen& member) {
  const auto& scope = cluster.access().scope;
  auto command = fmt::format("fix it with: patronictl reinit {} {}", scope, member.name);
  if (member.leads) command = fmt::format("let another member lead: patronictl switchover {}; then {}", scope, command);
  if (member.state == patroni::being_copied)
    command = "Patroni copies it: patronictl list " + scope + " shows when it streams";
  if (member.writable && !member.leads) command = "look at it first: patronictl list " + scope;
  return fmt::format("member {} of {} {}; {}", member.name, cluster.label(), member.problem(), command);
}

}  // namespace pgcleave::steps
