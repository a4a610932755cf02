#include "engine/incomplete_journal.h"

#include <algorithm>

#include "base/format.h"
#include "engine/describe_state.h"

namespace pgcleave::engine {
namespace {

constexpr auto patience_with_an_owner = std::chrono::seconds(5);

bool takes_ownership(const runbook::Phase* window) {
  return window != nullptr && std::any_of(window->steps.begin(), window->steps.end(),
                                          [](const auto& line) { return kind_of(line).description.traits.takes; });
}

}  // namespace

std::optional<RunResult> refuse_without_owners(RunState& run) {
  if (run.world.run.knows_all) return {};
  const auto deadline = Deadline::in(patience_with_an_owner);
  for (auto* side : {&run.world.target, &run.world.source}) {
    const auto owner = [&]() -> Result<std::optional<fence::Owner>> {
      TRY_ASSIGN(auto* leader, side->leader(deadline));
      return fence::owner(*leader, run.world.split.name, deadline);
    }();
    if (owner) continue;
    return RunResult{
        ExitCode::needs_person,
        fmt::format(
            "this journal may lack what was done last, since it is not the one that signed the split last; then only "
            "both sides' owners tell who serves, and that of {} can't be read: {}. Nothing was changed: try again when "
            "it answers",
            side->label(), owner.error().text()),
        describe_state(run.world, serving(run.world), run.output.again), ""};
  }
  return run.record().open_window() == nullptr ? refuse_without_end(run) : std::nullopt;
}

std::optional<RunResult> refuse_without_end(RunState& run) {
  const bool takes = takes_ownership(run.phase(window_of(Direction::forward)));
  if (!takes || run.is_past_window(Direction::forward) || run.changed_nothing()) return {};
  const auto serves = serving(run.world);
  const auto refuse = [&](const char* text) {
    return RunResult{ExitCode::needs_person, text, describe_state(run.world, serves, run.output.again), ""};
  };
  if (serves == world::Serving::unknown && !run.world.run.knows_all)
    return refuse("this journal may lack what was done last, and who owns can't be read; nothing was undone");
  if (serves != world::Serving::target && serves != world::Serving::both)
    return {};  // nobody: this run released it, and its undo gives it back
  return refuse(
      "ownership was passed, but the journal does not know it: the end of this run is missing there. Nothing was "
      "undone. Bring back the journal as it was written last, its -wal file too, then try again; until then leave both "
      "sides as they are");
}

}  // namespace pgcleave::engine
