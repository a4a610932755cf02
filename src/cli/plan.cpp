#include "app/plan.h"

#include <iostream>

#include "app/change.h"
#include "base/format.h"
#include "base/lines.h"
#include "base/log.h"
#include "base/units.h"
#include "cli/asked.h"
#include "cli/complain.h"

namespace pgcleave::cli {
namespace {

Json json_of(const std::vector<engine::PlannedStep>& steps) {
  Json list = Json::array();
  for (const auto& step : steps) {
    list.push_back({{"phase", name_of(step.phase)},
                    {"step", step.id},
                    {"uses", step.uses},
                    {"state", name_of(step.state)},
                    {"evidence", step.evidence},
                    {"effects", step.effects},
                    {"foretold", step.foretold}});
  }
  return list;
}

void print(const std::vector<engine::PlannedStep>& steps) {
  std::optional<runbook::PhaseKind> phase;
  for (const auto& step : steps) {
    if (step.phase != phase) std::cout << (phase ? "\n" : "") << name_of(step.phase) << "\n";
    phase = step.phase;
    std::cout << fmt::format("  {:<22} {:<28} {}\n", step.id, step.uses, name_of(step.state));
    if (!step.evidence.empty()) std::cout << "      now: " << one_line(step.evidence) << "\n";
    for (const auto& effect : step.effects) std::cout << "      will " << printable(effect) << "\n";
    for (const auto& line : step.foretold) std::cout << "      " << printable(line) << "\n";
  }
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

Json json_of(const app::Plan& plan, const runbook::Change& change) {
  return {{"runbook", change.runbook.name},
          {"sha256", change.runbook.sha256},
          {"environment", change.environment.name},
          {"steps", json_of(plan.forward)},
          {"rollback", json_of(plan.back)},
          {"forecast", plan.forecast ? json_of(*plan.forecast, plan.budget_ms) : Json()},
          {"guard", {{"outside", plan.guard.outside}, {"text", plan.guard.text()}}}};
}

void print(const app::Plan& plan) {
  print(plan.forward);
  if (!plan.back.empty()) std::cout << "\nand to go back:\n\n";
  print(plan.back);
  std::cout << "\nthe guard: " << printable(plan.guard.text())
            << (plan.guard.outside ? "" : ". What ends all of that group ends the guard too") << "\n";
  if (plan.forecast)
    std::cout << fmt::format("\nforecast of the pause: {}; budget {:.0f} ms\n", printable(plan.forecast->text()),
                             plan.budget_ms);
}

ExitCode make_plan(const Arguments& arguments) {
  const auto change = app::read_change(change_named(arguments, arguments.text("RUNBOOK")));
  if (!change.value) return complain(change.problems);
  const auto plan = app::plan(*change.value);
  if (!plan) return complain(plan.error());
  if (arguments.flag("json")) std::cout << to_text(json_of(*plan, *change.value), 2) << "\n";
  if (!arguments.flag("json")) print(*plan);
  // What the first checks already refuse is said by the exit code too.
  if (const auto* step = plan->refused()) {
    log::error(step->id + " is not ready: " + one_line(step->evidence));
    return ExitCode::not_ready;
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
