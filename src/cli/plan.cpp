#include "engine/plan.h"

#include <iostream>

#include "base/format.h"
#include "base/log.h"
#include "cli/files.h"
#include "runbook/environment.h"

namespace pgcleave::cli {
namespace {

Json json_of(const std::vector<engine::PlannedStep>& steps) {
  Json list = Json::array();
  for (const auto& step : steps) {
    list.push_back({{"phase", step.phase},
                    {"step", step.id},
                    {"uses", step.uses},
                    {"state", step.state},
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
    std::cout << fmt::format("  {:<22} {:<28} {}\n", step.id, step.uses, step.state);
    if (!step.evidence.empty()) std::cout << "      now: " << printable(step.evidence) << "\n";
    for (const auto& effect : step.effects) std::cout << "      will " << printable(effect) << "\n";
  }
}

ExitCode make_plan(const Arguments& arguments) {
  const auto runbook = read_runbook_file(arguments.text("RUNBOOK"));
  const auto environment = read_environment_file(arguments.text("environment"));
  if (!runbook || !environment) return ExitCode::invalid;
  const auto params = read_params(*runbook, arguments.list("set"));
  const auto split = read_split_for(arguments, *environment);
  if (!params || !split) return ExitCode::invalid;
  auto world = steps::open_world(*environment, *split, Deadline::in(std::chrono::seconds(10)));
  if (!world) return complain(world.error());
  if (const auto connected = world->fleet.connect(Deadline::in(std::chrono::seconds(3))); !connected) log::warn(connected.error().text());
  world->run.id = "plan";
  const Json scope{{"params", *params}, {"env", runbook::facts_of(*environment)}};
  const auto forward = engine::plan(*runbook, scope, *world, false);
  const auto back = engine::plan(*runbook, scope, *world, true);
  if (arguments.flag("json")) {
    std::cout << Json{{"runbook", runbook->name},
                      {"sha256", runbook->sha256},
                      {"environment", environment->name},
                      {"steps", json_of(forward)},
                      {"rollback", json_of(back)}}
                     .dump(2)
              << "\n";
  } else {
    print(forward);
    if (!back.empty()) std::cout << "\nand to go back:\n\n";
    print(back);
  }
  // What the first checks already refuse is said by the exit code too.
  for (const auto& step : forward) {
    if (step.phase == "prepare" && (step.state == "foreign" || (step.uses.rfind("check.", 0) == 0 && step.state == "pending"))) {
      log::error(step.id + " is not ready: " + step.evidence);
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
          {{"RUNBOOK", Kind::positional, "runbook file"},
           environment_option(true),
           {"--split", Kind::value, "split file (default: the environment's)"},
           set_option(),
           json_option()},
          make_plan};
}

}  // namespace pgcleave::cli
