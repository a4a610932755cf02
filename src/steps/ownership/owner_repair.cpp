#include "steps/ownership/owner_repair.h"

#include <algorithm>

#include "base/format.h"
#include "fence/canary.h"
#include "postgres/replication.h"
#include "postgres/writes.h"
#include "steps/patroni/discarded_writes.h"
#include "world/link.h"
#include "world/owners.h"

namespace pgcleave::steps {
namespace {

using fence::Owner;

struct Claim {
  Owner owner = Owner::nobody;
  int epoch = 0;
  std::string says;
};

Owner other_of(Owner owner) {
  return owner == Owner::target ? Owner::source : Owner::target;
}

// Patroni is told after a window: between a take and that it still names the side that gave ownership away for it.
bool gave_it_away_since(const world::OwnerOnSide& side, int epoch) {
  const auto& last = side.state.last;
  return side.seen() && last && last->expected == side.which && last->next == Owner::nobody && last->epoch > epoch;
}

std::vector<Claim> claims_of(const RepairSeen& seen) {
  std::vector<Claim> claims;
  for (const auto* on : {&seen.owners.source, &seen.owners.target}) {
    if (on->owns())
      claims.push_back({on->which, on->state.epoch, fmt::format("{} owns since epoch {}", on->label, on->state.epoch)});
    for (const auto* text : {&on->configured, &on->state.witness}) {
      const auto witness = fence::read_witness(*text);
      if (witness && !gave_it_away_since(seen.owners.side(witness->owner), witness->epoch))
        claims.push_back({witness->owner, witness->epoch, fmt::format("Patroni of {} says {}", on->label, *text)});
    }
  }
  if (claims.empty() && seen.journal)
    claims.push_back({*seen.journal, 0,
                      fmt::format("the journal says that the {} took ownership last", fence::name_of(*seen.journal))});
  return claims;
}

// Epochs are given out once, so of two sides that took ownership the later one has the higher.
void choose(const RepairSeen& seen, Repair& repair) {
  auto claims = claims_of(seen);
  std::stable_sort(claims.begin(), claims.end(), [](const Claim& a, const Claim& b) { return a.epoch > b.epoch; });
  std::string all;
  for (const auto& claim : claims) {
    if (all.find(claim.says) == std::string::npos) all += (all.empty() ? "" : "; ") + claim.says;
  }
  repair.why = all;
  if (claims.empty()) {
    repair.must_decide = "neither side, nor Patroni, nor the journal tells who took ownership last";
    return;
  }
  const auto& newest = claims.front();
  const bool contradicted = std::any_of(claims.begin(), claims.end(), [&](const Claim& claim) {
    return claim.epoch == newest.epoch && claim.owner != newest.owner;
  });
  if (contradicted) {
    repair.must_decide = "both sides claim the same epoch: " + all;
    return;
  }
  const auto& loser = seen.owners.side(other_of(newest.owner));
  if (loser.owns() && loser.state.last && loser.state.last->epoch > newest.epoch) {
    repair.must_decide = fmt::format("{} passed ownership under epoch {} by run {}, later than what else is known: {}",
                                     loser.label, loser.state.last->epoch, loser.state.last->run, all);
    return;
  }
  repair.right = newest.owner;
}

bool can_own(const world::OwnerOnSide& side) {
  return !side.in_recovery && side.state.owner.has_value();
}

void change_to(Repair& repair, const world::OwnerOnSide& right, const world::OwnerOnSide& other) {
  if (other.owns()) {
    repair.changes.push_back({other.which, other.which, Owner::nobody});
    repair.stale = !other.state.last || other.state.last->next == other.which;
  }
  if (!right.owns()) repair.changes.push_back({right.which, *right.state.owner, right.which});
}

Repair judge_by_proof(const RepairSeen& seen) {
  Repair repair;
  for (const auto* on : {&seen.owners.source, &seen.owners.target}) {
    if (on->seen()) continue;
    repair.must_decide = on->text() + "; bring it back, then try again";
    repair.open_to_decision = false;
    return repair;
  }
  if (!seen.owners.installed()) {
    repair.must_decide = "no fence is installed, so there is no owner";
    repair.open_to_decision = false;
    return repair;
  }
  choose(seen, repair);
  if (!repair.right) return repair;
  const auto& right = seen.owners.side(*repair.right);
  const auto& other = seen.owners.side(other_of(*repair.right));
  if (!can_own(right)) {
    repair.must_decide = fmt::format("{} should own, but is {}: {}", right.label,
                                     right.in_recovery ? "a standby" : "without a fence", repair.why);
    return repair;
  }
  const bool has_all = right.which == Owner::target ? seen.all_on_target : seen.all_on_source;
  if (!right.owns() && !has_all) {
    repair.must_decide = fmt::format(
        "{} should own ({}), but its leader {} does not show the last row that {} wrote before it gave ownership away: "
        "writes "
        "from before that may be missing there",
        right.label, repair.why, right.member, other.label);
    return repair;
  }
  change_to(repair, right, other);
  return repair;
}

}  // namespace

Repair judge_repair(const RepairSeen& seen) {
  auto repair = judge_by_proof(seen);
  if (!seen.decided || !repair.open_to_decision) return repair;
  const std::string decided = fence::name_of(*seen.decided);
  if (repair.must_decide.empty()) {
    if (repair.right == seen.decided) return repair;
    repair.must_decide = fmt::format("it is proven that the {} is right, so it can't be decided for the {}: {}",
                                     fence::name_of(*repair.right), decided, repair.why);
    repair.open_to_decision = false;
    return repair;
  }
  const auto& right = seen.owners.side(*seen.decided);
  if (!can_own(right)) {
    repair.must_decide =
        fmt::format("{} can't own: it is {}", right.label, right.in_recovery ? "a standby" : "without a fence");
    return repair;
  }
  repair.why = fmt::format("a person decided for the {}, since: {}", decided, repair.must_decide);
  repair.must_decide.clear();
  repair.right = seen.decided;
  repair.decided = true;
  change_to(repair, right, seen.owners.side(other_of(*seen.decided)));
  return repair;
}

Result<std::string> words_to_decide(World& world, Owner right, Deadline deadline) {
  auto& loser = right == Owner::target ? world.source : world.target;
  TRY_ASSIGN(const auto writes, discarded_writes(world, loser, {true, false, false}, deadline));
  const auto given_up = writes.summary();
  return fmt::format("the {} owns {}{}", fence::name_of(right), world.split.name,
                     given_up.empty() ? "" : fmt::format("; give up {} on {}", given_up, loser.label()));
}

RepairSeen look_for_repair(World& world, Deadline deadline) {
  RepairSeen seen{world::Owners::ask(world, deadline), {}, false, false, {}};
  const auto arrived = [&](const world::OwnerOnSide& from, Side& to) {
    if (!from.seen() || from.state.newest_canary.empty()) return false;
    const auto leader = to.leader(deadline);
    if (!leader) return false;
    const auto there = fence::canary_arrived(**leader, fence::canary_of(world.split.name, from.which),
                                             from.state.newest_canary, deadline);
    return there && *there;
  };
  seen.all_on_target = arrived(seen.owners.source, world.target);
  seen.all_on_source = arrived(seen.owners.target, world.source);
  return seen;
}

Result<std::vector<std::string>> repair(World& world, const RepairSeen& seen, const Repair& repair, Deadline deadline) {
  std::vector<std::string> written;
  for (const auto& change : repair.changes) {
    auto& side = change.side == Owner::target ? world.target : world.source;
    const auto what = change.to == Owner::nobody
                          ? fmt::format("release ownership of split {} on {}", world.split.name, side.label())
                          : fmt::format("give ownership of split {} to {}", world.split.name, side.label());
    TRY(world.effects->perform(what, [&]() -> Result<Json> {
      TRY_ASSIGN(auto* leader, side.leader(deadline));
      TRY(fence::pass_ownership(*leader, world.split.name, change.from, change.to, world.run.id, world.run.epoch,
                                deadline));
      return Json();
    }));
    if (change.to != Owner::nobody) continue;
    TRY_ASSIGN(auto* leader, side.leader(deadline));
    TRY_ASSIGN(const auto tables, tables_on(world, side, deadline));
    TRY_ASSIGN(const auto writes, postgres::writes(*leader, tables.split.with_rows(), deadline));
    for (const auto& table : writes.tables) {
      written.push_back(fmt::format("table {} on {}: {} rows were written{}, by clients or by replication",
                                    table.name.sql(), side.label(), table.rows,
                                    writes.promoted_at.empty() ? "" : " since its promotion at " + writes.promoted_at));
    }
    if (writes.counters_were_reset)
      written.push_back(side.label() + ": its counters were reset since, so there may be more");
  }
  if (!repair.stale || repair.right != Owner::target) return written;
  const auto link = reverse_link(world);
  TRY_ASSIGN(auto* source, world.source.leader(deadline));
  TRY_ASSIGN(const auto subscription, postgres::subscription(*source, link.name, deadline));
  if (!subscription || !subscription->enabled) return written;
  // Its position is that of a member that was behind: the slot has passed rows that this server never got.
  TRY(world.effects->perform(fmt::format("disable subscription {} on {}: rows of {} are missing there", link.name,
                                         seen.owners.source.label, seen.owners.target.label),
                             [&]() -> Result<Json> {
                               TRY(postgres::disable_subscription(*source, link.name, deadline));
                               return Json();
                             }));
  return written;
}

Result<void> repair_witnesses(World& world, const world::Owners& owners, Deadline deadline) {
  const auto wanted = owners.wanted_witness();
  if (!wanted) return {};
  Result<void> all;
  for (auto* cluster : {&world.source, &world.target}) {
    if (owners.tells_enough(owners.side(cluster->which()), *wanted)) continue;
    const auto told = world.effects->perform(fmt::format("tell Patroni of {} that {} owns split {}", cluster->label(),
                                                         owners.side(wanted->owner).label, world.split.name),
                                             [&]() -> Result<Json> {
                                               TRY(put_witness(world, *cluster, wanted->text(), deadline, nullptr));
                                               return Json{{"witness", wanted->text()}};
                                             });
    if (!told) all = fail(told.error());
  }
  return all;
}

}  // namespace pgcleave::steps
