#include "engine/plan.h"

#include <iostream>

#include "base/format.h"
#include "base/lines.h"
#include "base/log.h"
#include "base/outside.h"
#include "cli/change.h"
#include "config/environment.h"
#include "steps/check/forecasting.h"

namespace pgcleave::cli {
namespace {

Json json_of(const std::vector<engine::PlannedStep>& steps) {
  Json list = Json::array();
  for (const auto& step : steps) {
    list.push_back({{"phase", step.phase},
                    {"step", step.id},
                    {"uses", step.uses},
                    {"state", name_of(step.state)},
                    {"evidence", step.evidence},
                    {"effects", step.effects}});
  }
  return list;
}

void print(const std::vector<engine::PlannedStep>& steps) {
  std::string phase;
  for (const auto& step : steps) {
    if (step.phase != phase) std::cout << (phase.empty() ? "" : "\n") << step.phase << "\n";
    phase = step.phase;
    std::cout << fmt::format("  {:<22} {:<28} {}\n", step.id, step.uses, name_of(step.state));
    if (!step.evidence.empty()) std::cout << "      now: " << one_line(step.evidence) << "\n";
    for (const auto& effect : step.effects) std::cout << "      will " << printable(effect) << "\n";
  }
}

// What rehearsals took, and what is in the way now; nothing for a runbook without a window, or where one side can't be
// asked.
std::optional<steps::Forecast> look_ahead(const runbook::Change& change, world::World& world) {
  if (runbook::budget_ms(change, runbook::PhaseKind::window) <= 0) return {};
  auto seen = steps::forecast(world, runbook::PhaseKind::window, Deadline::in(std::chrono::seconds(3)));
  if (!seen) log::warn("no forecast: " + seen.error().text());
  return seen ? std::optional(*seen) : std::nullopt;
}

Json json_of(const steps::Forecast& seen, double budget_ms) {
  const auto known = [&](double ms) { return seen.rehearsed.rounds > 0 ? Json(ms) : Json(); };
  return {{"rounds", seen.rehearsed.rounds},
          {"p50_ms", known(seen.rehearsed.p50_ms)},
          {"p90_ms", known(seen.rehearsed.p90_ms)},
          {"max_ms", known(seen.rehearsed.max_ms)},
          {"expected_ms", known(seen.expected_ms())},
          {"transactions", seen.transactions},
          {"oldest_transaction_ms", milliseconds(seen.oldest_transaction)},
          {"still_to_come_ms", milliseconds(seen.still_to_come)},
          {"lag_bytes", seen.lag.count},
          {"wal_bytes_per_second", seen.wal_per_second.count},
          {"budget_ms", budget_ms}};
}

ExitCode make_plan(const Arguments& arguments) {
  const auto change = read_change(arguments, arguments.text("RUNBOOK"));
  if (!change) return ExitCode::invalid;
  const auto& runbook = change->runbook;
  const auto& environment = change->environment;
  auto world = open_world_of(*change, Deadline::in(std::chrono::seconds(10)));
  if (!world) return complain(world.error());
  if (const auto connected = world->fleet.connect(Deadline::in(std::chrono::seconds(3))); !connected)
    log::warn(connected.error().text());
  world->run.id = "plan";
  inform(*world, *change);
  const Json scope{{"params", change->params}, {"env", config::facts_of(environment)}};
  const auto forward = engine::plan(runbook, scope, *world, engine::Direction::forward);
  const auto back = engine::plan(runbook, scope, *world, engine::Direction::back);
  const auto ahead = look_ahead(*change, *world);
  const auto budget = runbook::budget_ms(*change, runbook::PhaseKind::window);
  const auto guard = try_outside(Deadline::in(std::chrono::seconds(5)));
  if (arguments.flag("json")) {
    std::cout << to_text(Json{{"runbook", runbook.name},
                              {"sha256", runbook.sha256},
                              {"environment", environment.name},
                              {"steps", json_of(forward)},
                              {"rollback", json_of(back)},
                              {"forecast", ahead ? json_of(*ahead, budget) : Json()},
                              {"guard", {{"outside", guard.outside}, {"text", guard.text()}}}},
                         2)
              << "\n";
  } else {
    print(forward);
    if (!back.empty()) std::cout << "\nand to go back:\n\n";
    print(back);
    std::cout << "\nthe guard: " << printable(guard.text())
              << (guard.outside ? "" : ". What ends all of that group ends the guard too") << "\n";
    if (ahead)
      std::cout << fmt::format("\nforecast of the pause: {}; budget {:.0f} ms\n", printable(ahead->text()), budget);
  }
  // What the first checks already refuse is said by the exit code too.
  for (const auto& step : forward) {
    if (runbook::phase_named(step.phase) != runbook::PhaseKind::prepare) continue;
    const bool a_check = step.uses.rfind("check.", 0) == 0;
    if (step.state == engine::PlannedState::foreign || (a_check && step.state == engine::PlannedState::pending)) {
      log::error(step.id + " is not ready: " + one_line(step.evidence));
      return ExitCode::not_ready;
    }
  }
  return ExitCode::done;
}

}  // namespace

Verb plan_verb() {
  using Kind = Option::Kind;
  return {"plan",
          "Print each effect of a run in the words that its journal will hold. Changes nothing.",
          {{"RUNBOOK", Kind::positional, "runbook file, or the name of a shipped one"},
           environment_option(true),
           {"--split", Kind::value, "split file (default: the environment's)"},
           set_option(),
           json_option()},
          make_plan};
}

}  // namespace pgcleave::cli
