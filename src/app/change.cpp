#include "app/change.h"

#include <algorithm>

#include "app/shipped_runbook.h"
#include "base/file.h"
#include "base/format.h"
#include "base/sha256.h"
#include "checks/access/files.h"
#include "checks/families.h"
#include "readiness/last_comparison.h"
#include "world/split_sequences.h"

namespace pgcleave::app {
namespace {

constexpr std::size_t largest_program = 1U << 30;

world::KnownChange known(const runbook::Change& change) {
  return {change, [&change](runbook::PhaseKind window) -> world::RehearsedPause {
            const auto seen = readiness::evidence_for(change).rehearsed.pauses(window);
            return {seen.count, seen.p50, seen.p90, seen.max};
          }};
}

void tell_known(const runbook::Change& change, world::World& world) {
  world.known = known(change);
  world.comparisons.read_by(
      [journal = change.journal, split = change.split.name, environment = change.environment.name] {
        return readiness::last_comparison(journal, split, environment);
      });
}

using Problems = std::vector<config::Problem>;

Problems both(Problems some, const Problems& more) {
  some.insert(some.end(), more.begin(), more.end());
  return some;
}

}  // namespace

config::Read<runbook::Change> read_change(const ChangeNamed& named) {
  const auto file = runbook_path(named.runbook);
  if (!file) return {{}, {problem_of(file.error())}};
  auto runbook = read_runbook_file(*file);
  auto environment = read_environment_file(named.files.environment);
  if (!runbook.value || !environment.value) return {{}, both(std::move(runbook.problems), environment.problems)};
  auto params = read_params(*runbook.value, named.set);
  auto split = read_split_for(named.files, *environment.value);
  if (!params.value || !split.value) return {{}, both(std::move(params.problems), split.problems)};
  auto journal = journal_path(named.files, &*environment.value);
  return {runbook::Change{std::move(*runbook.value), std::move(*params.value), std::move(*environment.value),
                          std::move(*split.value), std::move(journal), program_sha256(), utc_now_us()},
          {}};
}

std::vector<Error> unusable_files(const runbook::Change& change) {
  std::vector<Error> errors;
  for (const auto& fault : checks::access_files(change.environment, change.journal))
    errors.push_back({ErrorKind::invalid, fault.object, fault.evidence + ": " + fault.why, "", "", fault.fix, ""});
  return errors;
}

std::string program_sha256() {
  static const auto sum = [] {
    const auto program = read_file("/proc/self/exe", largest_program);
    return program ? sha256(*program) : std::string();
  }();
  return sum;
}

Result<checks::Findings> findings_now(const runbook::Change& change, const std::vector<std::string>& names) {
  TRY_ASSIGN(const auto families, checks::families_named(names));
  auto aside = world::unopened_world(change.environment, change.split);
  return checks::inspect(aside, families, {&change, {}}, time_per_family);
}

Result<world::World> open_world_of(const runbook::Change& change, Deadline deadline) {
  TRY_ASSIGN(auto world, world::open_world(change.environment, change.split, deadline));
  tell_known(change, world);
  const auto carries = [](const runbook::Phase& phase) {
    return std::any_of(phase.steps.begin(), phase.steps.end(),
                       [](const auto& line) { return line.uses == "sequences.bump"; });
  };
  if (std::any_of(change.runbook.phases.begin(), change.runbook.phases.end(), carries)) {
    TRY(world::all_sequences_have_a_class(world, deadline));
  }
  return world;
}

world::World unopened_world_of(const runbook::Change& change) {
  auto world = world::unopened_world(change.environment, change.split);
  tell_known(change, world);
  return world;
}

Result<std::size_t> fits_catalog(const config::Environment& environment, const config::Split& split,
                                 Deadline deadline) {
  TRY_ASSIGN(auto world, world::open_world(environment, split, deadline));
  TRY(world::all_sequences_have_a_class(world, deadline));
  return world.split.moved.size();
}

}  // namespace pgcleave::app
