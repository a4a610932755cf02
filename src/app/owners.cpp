#include "app/owners.h"

#include <algorithm>

#include "app/same_environment.h"
#include "base/fields.h"
#include "base/format.h"
#include "journal/words/outcomes.h"
#include "runbook/phase_kind.h"
#include "steps/patroni/member_fixing.h"
#include "world/run_servers.h"
#include "world/serving.h"

namespace pgcleave::app {

namespace {

constexpr auto patience_with_owners = std::chrono::seconds(3);

world::Serving who(const world::Owners& owners) {
  if (owners.both()) return world::Serving::both;
  if (owners.target.owns()) return world::Serving::target;
  if (owners.source.owns()) return world::Serving::source;
  return owners.nobody() ? world::Serving::nobody : world::Serving::unknown;
}

std::vector<std::string> problems_of(const world::Owners& owners, world::Serving serves) {
  std::vector<std::string> problems;
  if (serves == world::Serving::both)
    problems.emplace_back("both sides own the moved tables: each takes writes that the other does not see");
  if (serves == world::Serving::nobody) problems.emplace_back("nobody owns the moved tables: their writes fail");
  for (const auto& missing : owners.missing_witnesses()) problems.push_back(missing);
  return problems;
}

}  // namespace

std::optional<Json> owners_of(const engine::RunRecord& run, const FilesNamed& files) {
  const bool needs_a_split = run.windows.empty() && run.outcome == journal::RunOutcome::done;  // such as cleanup
  if ((!run.has_taken(runbook::PhaseKind::window) && !needs_a_split) || run.open_window() != nullptr) return {};
  const auto file = environment_file_of(run, files.environment);
  const auto environment = told_environment(file);
  const auto split = config::read_split(text_in(run.begun, "split"), text_in(run.begun, "split_text"));
  if (!environment || !split.value) return Json{{"error", "the files of this run can't be read"}};
  if (const auto same = same_environment(run, *environment); !same) return Json{{"error", same.error().text()}};
  auto world = world::unopened_world(*environment, *split.value);
  world::expect_servers(world, object_in(run.begun, "servers"));
  const auto owners = world::Owners::ask(world, Deadline::in(patience_with_owners));
  const auto serves = who(owners);
  const auto problems = problems_of(owners, serves);
  std::vector<std::string> not_durable;
  for (const auto* side : {&owners.source, &owners.target}) {
    for (const auto& member : side->not_durable) not_durable.push_back(side->label + ": " + member);
  }
  return Json{{"serves", name_of(serves)},
              {"sides", {owners.source.text(), owners.target.text()}},
              {"problems", problems},
              {"not_durable", not_durable},
              {"next", problems.empty() ? "" : "pgcleave repair-owner" + files.again(file)}};
}

Result<void> target_must_own(world::World& world, const engine::RunRecord& run, const std::string& again) {
  const bool undo_failed = std::any_of(run.windows.begin(), run.windows.end(), [](const auto& window) {
    return window.second.outcome == journal::WindowOutcome::failed;
  });
  if (!run.has_taken(runbook::PhaseKind::window) || run.has_taken(runbook::PhaseKind::rollback_window) ||
      run.open_window() != nullptr || undo_failed)
    return {};
  const auto serves = world::serving(world, Deadline::in(patience_with_owners));
  if (serves == world::Serving::target) {
    const auto blocker = world::rollback_blocker(world, Deadline::in(patience_with_owners));
    if (!blocker || blocker->empty()) return {};  // who can't be asked now is needed by the steps anyway
    return fail({ErrorKind::not_ready, "run " + run.id, "can't be rolled back: it would lose rows", "", *blocker,
                 "keep the target; what " + world.source.label() + " lacks can only be copied to it by hand", ""});
  }
  if (serves == world::Serving::unknown) return {};
  const bool both = serves == world::Serving::both;
  return fail(
      {ErrorKind::not_ready, "split " + world.split.name,
       both ? "is owned by both sides" : "is not owned by the target any more, to which this run gave it",
       world.target.label() + " owns",
       both ? "both own"
            : name_of(serves) + std::string(serves == world::Serving::nobody ? " owns" : " owns, as it says itself"),
       "find out which side is right with: pgcleave repair-owner" + again, ""});
}

std::vector<std::string> members_behind(world::World& world, Deadline deadline) {
  std::vector<std::string> behind;
  auto& target = world.target;
  if (!world::is_standby(target, deadline)) return behind;
  const auto view = target.patroni().view(deadline);
  auto leader = target.leader(deadline);
  if (!view || !leader) return behind;
  const auto members = world::inspect_members(target, *view, **leader, deadline);
  if (!members) return behind;
  for (const auto& member : *members) {
    if (!member.problem().empty()) behind.push_back(steps::left_behind(target, member));
  }
  return behind;
}

}  // namespace pgcleave::app
