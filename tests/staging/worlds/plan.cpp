#include "plan.h"

#include <fmt/format.h>

#include "pieces.h"

namespace pgcleave_worlds {
namespace {

void plan_pieces(WorldPlan& plan, Chance& chance) {
  plan.pieces = first_pieces();
  const int moved = chance.between(3, 7), kept = chance.between(0, 2);
  const int odd = chance.percent(45) ? chance.between(1, 2) : 0;
  std::vector<const Kind*> plain, oddities;
  for (const auto& kind : kinds()) (kind.odd ? oddities : plain).push_back(&kind);
  oddities.push_back(&kind("heir of a kept table"));  // twice as often: what it breaks is seen by few clients
  const auto add = [&](const Kind& kind, Class cls) {
    plan.pieces.push_back(make_piece(kind, static_cast<int>(plan.pieces.size()), cls, chance));
  };
  for (int i = 0; i < moved; ++i) add(*chance.pick(plain), Class::moved);
  for (int i = 0; i < kept; ++i) add(*chance.pick(plain), Class::kept);
  if (chance.percent(25)) add(kind("identity"), Class::shared);
  for (int i = 0; i < odd; ++i) add(*chance.pick(oddities), Class::moved);
}

void plan_clients(WorldPlan& plan, Chance& chance) {
  const auto add = [&](Route route) {
    plan.clients.push_back({route, chance.below(plan.bouncers), 100 + plan.clients.size()});
  };
  for (int i = chance.between(2, 4); i > 0; --i) add(Route::bouncer);
  add(Route::staying_bouncer);
  for (int i = chance.between(0, 2); i > 0; --i) add(Route::source);
  if (chance.percent(50)) add(Route::target);
}

// Weeks of people's work, cut short: over, perhaps back, perhaps over again, something else in between.
void plan_events(WorldPlan& plan, Chance& chance) {
  static const std::vector<std::string> before{"create moved table",
                                               "create partition",
                                               "drop partition",
                                               "detach partition",
                                               "switch the source over",
                                               "source crashes",
                                               "create kept table",
                                               "check",
                                               "source fails over and loses commits"};
  static const std::vector<std::string> at_gate{"create moved table", "create partition", "wait", "wait",
                                                "source crashes"};
  static const std::vector<std::string> split{"write shared tables on both sides",
                                              "create moved table on the source",
                                              "create moved table on the source",
                                              "create moved table on the target",
                                              "create moved table on both sides",
                                              "create partition on both sides",
                                              "drop partition on both sides",
                                              "detach partition on both sides",
                                              "fence",
                                              "second run",
                                              "another split",
                                              "rollback with another environment file",
                                              "cleanup with another environment file",
                                              "target crashes",
                                              "source crashes",
                                              "switch the target over",
                                              "source fails over and loses commits",
                                              "target fails over and loses commits",
                                              "target fails over and loses commits",
                                              "status",
                                              "check"};
  static const std::vector<std::string> cutover{
      "promote-standby", "logical-switchover", "logical-switchover to its gate", "maintenance-window",
      "promote-standby", "logical-switchover", "logical-switchover to its gate", "killed"};
  const auto add = [&](const std::string& name) { plan.events.push_back({name, 1000 + plan.events.size()}); };
  const auto some = [&](const std::vector<std::string>& of, int most) {
    for (int i = chance.below(most + 1); i > 0; --i) add(chance.pick(of));
  };
  some(before, 2);
  for (int round = chance.percent(30) ? 2 : 1; round > 0; --round) {
    const bool stale = plan.stale_members && chance.percent(20);
    const std::string over = stale ? "split, then promote a member that missed it" : chance.pick(cutover);
    add(over);
    if (over == "logical-switchover to its gate") {
      some(at_gate, 2);
      add(chance.percent(80) ? "resume" : "rollback");
    }
    some(split, 3);
    if (round > 1 || chance.percent(35)) {
      add("rollback");
      if (round == 1 && chance.percent(40)) add("split of other tables");
    }
    if (chance.percent(15)) add("split under another name");
  }
  if (chance.percent(65)) {
    add("cleanup");
    some(split, 1);
  }
}

}  // namespace

WorldPlan plan_world(std::uint64_t seed, int number, bool stale_members) {
  WorldPlan plan;
  plan.seed = seed * 1'000'003 + static_cast<std::uint64_t>(number);
  plan.number = number;
  plan.stale_members = stale_members;
  Chance chance(plan.seed, 0);
  static const std::vector<int> bouncers{1, 1, 2, 2, 3, 4}, members{1, 1, 1, 2, 2, 3};
  plan.bouncers = chance.pick(bouncers);
  plan.source_members = chance.pick(members);
  plan.target_members = chance.pick(members);
  plan_pieces(plan, chance);
  plan_clients(plan, chance);
  plan_events(plan, chance);
  return plan;
}

std::vector<std::string> parts(const WorldPlan& plan) {
  std::vector<std::string> all;
  for (std::size_t i = plan.events.size(); i-- > 0;) all.push_back(fmt::format("e{}", i));
  for (std::size_t i = 0; i < plan.clients.size(); ++i) all.push_back(fmt::format("c{}", i));
  for (std::size_t i = 2; i < plan.pieces.size(); ++i) all.push_back(fmt::format("p{}", i));
  std::erase_if(all, [&](const std::string& part) { return !plan.has(part); });
  return all;
}

}  // namespace pgcleave_worlds
