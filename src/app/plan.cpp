#include "app/plan.h"

#include "app/change.h"
#include "base/log.h"
#include "config/environment.h"

namespace pgcleave::app {
namespace {

std::optional<steps::Forecast> look_ahead(const runbook::Change& change, world::World& world) {
  if (runbook::budget_ms(change, runbook::PhaseKind::window) <= 0) return {};
  auto seen = steps::forecast(world, runbook::PhaseKind::window, Deadline::in(std::chrono::seconds(3)));
  if (!seen) log::warn("no forecast: " + seen.error().text());
  return seen ? std::optional(*seen) : std::nullopt;
}

}  // namespace

const engine::PlannedStep* Plan::refused() const {
  for (const auto& step : forward) {
    if (step.phase != runbook::PhaseKind::prepare) continue;
    const bool a_check = step.uses.starts_with("check.");
    if (step.state == engine::PlannedState::conflict || (a_check && step.state == engine::PlannedState::pending))
      return &step;
  }
  return nullptr;
}

Result<Plan> plan(const runbook::Change& change) {
  TRY_ASSIGN(auto world, open_world_of(change, Deadline::in(std::chrono::seconds(10))));
  if (const auto connected = world.fleet.connect(Deadline::in(std::chrono::seconds(3))); !connected)
    log::warn(connected.error().text());
  world.run.id = "plan";
  const Json scope{{"params", change.params}, {"env", config::values_of(change.environment)}};
  Plan plan;
  plan.forward = engine::plan(change.runbook, scope, world, engine::Direction::forward);
  plan.back = engine::plan(change.runbook, scope, world, engine::Direction::back);
  plan.forecast = look_ahead(change, world);
  plan.budget_ms = runbook::budget_ms(change, runbook::PhaseKind::window);
  plan.guard = try_outside(Deadline::in(std::chrono::seconds(5)));
  return plan;
}

}  // namespace pgcleave::app
