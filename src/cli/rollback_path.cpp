#include "cli/rollback_path.h"

#include <algorithm>
#include <iostream>

#include "base/fields.h"
#include "base/format.h"
#include "base/lines.h"
#include "base/log.h"
#include "cli/files.h"
#include "cli/same_environment.h"
#include "journal/outcomes.h"
#include "steps/patroni/discarded_writes.h"
#include "steps/registry.h"
#include "steps/replication/link_health.h"

namespace pgcleave::cli {
namespace {

constexpr auto patience_of_a_look = std::chrono::seconds(3);

// The step of any runbook that makes a rollback path by replication. Null: none has.
const engine::StepRecord* reverse_link_of(const engine::RunRecord& run) {
  const auto found = std::find_if(run.steps.begin(), run.steps.end(), [](const auto& step) {
    return step.second.is_done() && step.second.uses == "replication.start_reverse";
  });
  return found == run.steps.end() ? nullptr : &found->second;
}

bool has_promoted(const engine::RunRecord& run) {
  return std::any_of(run.steps.begin(), run.steps.end(), [](const auto& step) {
    const auto* kind = steps::find(step.second.uses);
    return step.second.is_done() && kind != nullptr && kind->description.meaning.promotes;
  });
}

// Before the target took ownership nobody but replication wrote moved tables there.
Result<Json> inspect_path(const config::Environment& environment, const config::Split& split, bool taken,
                          const engine::StepRecord* reverse) {
  const auto deadline = Deadline::in(patience_of_a_look);
  auto world = world::unopened_world(environment, split);
  TRY(world::resolve_split_as_it_is(world, deadline));
  TRY_ASSIGN(auto writes,
             steps::discarded_writes(world, world.target, {taken && reverse == nullptr, true, true}, deadline));
  if (taken && reverse != nullptr)
    TRY(steps::add_failover(world, world.target, text_in(reverse->facts, "timeline"), writes, deadline));
  auto seen = writes.facts(world.target);
  seen["writes_text"] = seen["text"];
  seen["text"] = "";
  seen["losses"] = Json::array();
  if (taken && reverse != nullptr) {
    TRY_ASSIGN(const auto health, steps::inspect_link(world, world::reverse_link(world), deadline));
    seen.update({{"worker", health.worker},
                 {"lag_bytes", health.lag.count},
                 {"held_bytes", health.held.count},
                 {"apply_errors", health.apply_errors},
                 {"losses", health.losses},
                 {"text", health.text()}});
  }
  const bool loses = !seen["losses"].empty() || !writes.tables.empty();
  seen["lossless"] = loses ? Json(false) : writes.uncounted.empty() ? Json(true) : Json();
  return seen;
}

std::string verdict(const Json& lossless) {
  if (lossless.is_null()) return "whether a rollback would lose writes can't be told";
  return lossless.get<bool>() ? "a rollback now would lose nothing" : "A ROLLBACK WOULD LOSE WRITES";
}

std::vector<std::string> lines_of(const Json& rollback_path) {
  if (rollback_path.contains("error"))
    return {"rollback: can't be looked at: " + one_line(text_in(rollback_path, "error"))};
  const auto link = printable(text_in(rollback_path, "text"));
  std::vector<std::string> lines{"rollback: " + verdict(rollback_path.at("lossless")) + (link.empty() ? "" : "; ") +
                                 link};
  for (const auto& loss : rollback_path.at("losses")) lines.push_back("  " + printable(loss.get<std::string>()));
  lines.push_back("  " + printable(text_in(rollback_path, "writes_text")));
  return lines;
}

}  // namespace

std::optional<Json> rollback_path_of(const engine::RunRecord& run, const Arguments& arguments) {
  const auto outcome = journal::run_outcome(run.outcome);
  const bool over = run.has_taken(name_of(runbook::PhaseKind::rollback_window)) ||
                    outcome == journal::RunOutcome::rolled_back || outcome == journal::RunOutcome::undone;
  if (over || !has_promoted(run)) return {};
  const auto file =
      arguments.text("environment").empty() ? text_in(run.begun, "environment") : arguments.text("environment");
  const auto environment = read_environment_file(file);
  const auto split = config::read_split(text_in(run.begun, "split"), text_in(run.begun, "split_text"));
  if (!environment || !split.value) return Json{{"error", "the files of this run can't be read"}};
  if (const auto same = same_environment(run, *environment); !same) return Json{{"error", same.error().text()}};
  const auto seen = inspect_path(*environment, *split.value, run.has_taken(name_of(runbook::PhaseKind::window)),
                                 reverse_link_of(run));
  if (!seen) return Json{{"error", seen.error().text()}};
  return *seen;
}

void print_rollback_path(const Json& rollback_path) {
  for (const auto& line : lines_of(rollback_path)) std::cout << "  " << line << "\n";
}

void warn_of_losses(const std::optional<Json>& rollback_path) {
  if (!rollback_path || (rollback_path->contains("lossless") && rollback_path->at("lossless") == true)) return;
  for (const auto& line : lines_of(*rollback_path)) log::warn(line);
}

}  // namespace pgcleave::cli
