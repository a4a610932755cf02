// check.split: does the split file of today say the same of every table as the words in which the split was done?
#include "base/format.h"
#include "steps/check/checking.h"
#include "steps/registry.h"
#include "world/frozen.h"

namespace pgcleave::steps {
namespace {

Result<Observation> observe_check_split(Context& context) {
  auto& world = context.world;
  TRY_ASSIGN(auto* target, world.target.leader(context.deadline));
  TRY_ASSIGN(const auto owner, fence::owner(*target, world.split.name, context.deadline));
  TRY_ASSIGN(const auto frozen, fence::frozen_split(*target, world.split.name, context.deadline));
  Observation seen;
  seen.state = State::done;
  if (owner != fence::Owner::target) {
    seen.evidence = fmt::format("{} does not own the moved tables: nothing to compare with", world.target.label());
    return seen;
  }
  if (!frozen) {
    seen.evidence = "what was in the split was not written down when it was done: nothing to compare with";
    return seen;
  }
  TRY_ASSIGN(const auto changes, reclassified(world, *frozen, context.deadline));
  seen.evidence = fmt::format("{} says what was said when run {} split", world.split_file.path, frozen->run);
  if (changes.empty()) return seen;
  seen.state = State::pending;
  seen.evidence =
      fmt::format("the split file is not the one of run {}, which split: {}", frozen->run, fmt::join(changes, "; "));
  return seen;
}

Result<Json> apply_check_split(Context& context, const Json&) {
  return check_once(context, observe_check_split);
}

}  // namespace

StepKind check_split() {
  return {{.kind = "check.split",
           .purpose = "Checks that the split file puts every table into the class that it had when the split was done.",
           .parameters = {},
           .outputs = {},
           .changes = "",
           .undo = "nothing to undo: it only looks",
           .undo_kind = runbook::UndoKind::nothing,
           .traits = {}},
          nullptr,
          observe_check_split,
          apply_check_split,
          nullptr};
}

}  // namespace pgcleave::steps
