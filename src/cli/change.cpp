#include "cli/change.h"

#include <algorithm>

#include "base/file.h"
#include "base/format.h"
#include "base/sha256.h"
#include "checks/access/files.h"
#include "checks/families.h"
#include "cli/shipped_runbook.h"
#include "world/split_sequences.h"

namespace pgcleave::cli {
namespace {

constexpr std::size_t largest_program = 1U << 30;

world::RehearsedPause rehearsed_pause(const runbook::Change& change, runbook::PhaseKind window) {
  const auto seen = readiness::evidence_for(change).rehearsed.pauses(name_of(window));
  return {seen.count, seen.p50, seen.p90, seen.max};
}

}  // namespace

std::optional<runbook::Change> read_change(const Arguments& arguments, const std::string& runbook_path) {
  const auto file = cli::runbook_path(runbook_path);
  if (!file) {
    complain(file.error());
    return {};
  }
  auto runbook = read_runbook_file(*file);
  auto environment = read_environment_file(arguments.text("environment"));
  if (!runbook || !environment) return {};
  auto params = read_params(*runbook, arguments.list("set"));
  auto split = read_split_for(arguments, *environment);
  if (!params || !split) return {};
  auto journal = journal_path(arguments, &*environment);
  return runbook::Change{std::move(*runbook), std::move(*params), std::move(*environment),
                         std::move(*split),   std::move(journal), program_sha256(),
                         utc_now_us()};
}

bool may_use_files(const runbook::Change& change) {
  const auto faults = checks::access_files(change.environment, change.journal);
  for (const auto& fault : faults)
    complain(Error{ErrorKind::invalid, fault.object, fault.evidence + ": " + fault.why, "", "", fault.fix, ""});
  return faults.empty();
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
  const auto carries = [](const runbook::Phase& phase) {
    return std::any_of(phase.steps.begin(), phase.steps.end(),
                       [](const auto& line) { return line.uses == "sequences.bump"; });
  };
  if (std::any_of(change.runbook.phases.begin(), change.runbook.phases.end(), carries)) {
    TRY(world::all_sequences_have_a_class(world, deadline));
  }
  return world;
}

void inform(world::World& world, const runbook::Change& change) {
  world.rehearsed = [&change](runbook::PhaseKind window) { return rehearsed_pause(change, window); };
  world.change = &change;
}

}  // namespace pgcleave::cli
