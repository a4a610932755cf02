#include "app/rollback_path.h"

#include <algorithm>

#include "app/files.h"
#include "app/same_environment.h"
#include "base/fields.h"
#include "base/format.h"
#include "journal/words/outcomes.h"
#include "steps/patroni/discarded_writes.h"
#include "steps/registry.h"
#include "steps/replication/link_health.h"
#include "world/slot_copies.h"

namespace pgcleave::app {
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
    return step.second.is_done() && kind != nullptr && kind->description.traits.promotes;
  });
}

Json failover_of(world::World& world, Deadline deadline) {
  const auto copies = world::slot_copies(world.target, world::reverse_link(world).name, deadline);
  if (!copies)
    return {{"survives", nullptr}, {"text", "what a failover would mean can't be told: " + copies.error().text()}};
  Json members = Json::array();
  for (const auto& one : copies->members) members.push_back({{"member", one.member}, {"problem", one.problem()}});
  return {{"survives", copies->survive()}, {"text", copies->text()}, {"members", members}};
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
    TRY(steps::add_failover(world, world.target, text_in(reverse->outputs, "timeline"), writes, deadline));
  auto seen = writes.outputs(world.target);
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
                 {"text", health.text()},
                 {"failover", failover_of(world, deadline)}});
  }
  const bool loses = !seen["losses"].empty() || !writes.tables.empty();
  seen["lossless"] = loses ? Json(false) : writes.uncounted.empty() ? Json(true) : Json();
  return seen;
}

}  // namespace

std::optional<Json> rollback_path_of(const engine::RunRecord& run, const std::string& environment_file) {
  const auto outcome = run.outcome;
  const bool over = run.has_taken(runbook::PhaseKind::rollback_window) || outcome == journal::RunOutcome::rolled_back ||
                    outcome == journal::RunOutcome::undone;
  if (over || !has_promoted(run)) return {};
  const auto environment = told_environment(environment_file_of(run, environment_file));
  const auto split = config::read_split(text_in(run.begun, "split"), text_in(run.begun, "split_text"));
  if (!environment || !split.value) return Json{{"error", "the files of this run can't be read"}};
  if (const auto same = same_environment(run, *environment); !same) return Json{{"error", same.error().text()}};
  const auto seen =
      inspect_path(*environment, *split.value, run.has_taken(runbook::PhaseKind::window), reverse_link_of(run));
  if (!seen) return Json{{"error", seen.error().text()}};
  return std::optional<Json>(std::in_place, *seen);
}

}  // namespace pgcleave::app
