// A journal that may not hold all that was done: a copy, or one that was put back. What it does not know may be the
// very request that passed ownership. So nothing is signed or undone before the owners of both sides have told.
#include "base/format.h"
#include "engine/run.h"

namespace pgcleave::engine {
namespace {

constexpr auto patience_with_an_owner = std::chrono::seconds(5);

}  // namespace

std::optional<RunResult> Run::owners_first() {
  if (world_.run.knows_all) return {};
  const auto deadline = Deadline::in(patience_with_an_owner);
  for (auto* side : {&world_.target, &world_.source}) {
    const auto owner = [&]() -> Result<std::optional<postgres::Owner>> {
      TRY_ASSIGN(auto* leader, side->leader(deadline));
      return postgres::owner(*leader, world_.split.name, deadline);
    }();
    if (owner) continue;
    return RunResult{
        ExitCode::needs_person,
        fmt::format(
            "this journal may lack what was done last, since it is not the one that signed the split last; then only "
            "both sides' owners tell who serves, and that of {} can't be read: {}. Nothing was changed: try again when "
            "it answers",
            side->label(), owner.error().text()),
        describe_state(serving()), ""};
  }
  return recorder_.record().open_window() == nullptr ? lacks_its_end() : std::nullopt;
}

void Run::now_knows_all() {
  if (signed_sides_.size() == 2) world_.run.knows_all = true;
}

}  // namespace pgcleave::engine
