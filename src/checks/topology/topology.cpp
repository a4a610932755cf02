// The family topology: are both clusters, the chain between them and every bouncer as a cutover and its rollback need
// them?
#include <future>

#include "base/format.h"
#include "checks/families.h"
#include "checks/topology/bouncers.h"
#include "checks/topology/chain.h"
#include "checks/topology/clusters.h"
#include "checks/topology/members.h"
#include "checks/topology/moment.h"
#include "checks/topology/route_inspection.h"
#include "checks/topology/slots.h"

namespace pgcleave::checks {
namespace {

void add(Findings& all, Findings more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace

Result<Findings> topology(CheckContext& context) {
  auto& world = context.world();
  auto asked_target = std::async(std::launch::async, [&] { return inspect_cluster(context, world.target); });
  auto asked_bouncers = std::async(std::launch::async, [&] {
    return world.fleet.inspect(context.deadline().or_earlier(Deadline::in(std::chrono::seconds(5))));
  });
  const auto source = inspect_cluster(context, world.source);
  const auto target = asked_target.get();
  const auto stage = stage_of(target);
  const bool target_serves = stage == Stage::split;
  const auto& here = target_serves ? target : source;
  const auto& there = target_serves ? source : target;

  BouncersSeen bouncers{asked_bouncers.get(), here.route, here.label, context.budget(), here.identity.database};
  const auto now_s = utc_now_us() / 1'000'000;
  Findings found = judge_cluster(source, target.scope, stage, now_s);
  add(found, judge_cluster(target, source.scope, stage, now_s));
  add(found, judge_chain({source, target, source.route, world.split.name}, stage));
  for (const auto* cluster : {&source, &target}) add(found, judge_members(*cluster, stage));
  add(found, judge_moment({source, target, world.split.name, context.expected()}, stage));
  for (const auto* cluster : {&source, &target}) add(found, judge_slots(*cluster, world.split.name, stage));
  for (const auto& seen : inspect_routes(context, here, there, bouncers.bouncers)) add(found, judge_route(seen));
  add(found, judge_bouncers(bouncers));
  return found;
}

}  // namespace pgcleave::checks
