#include "cli/written_down.h"

#include "base/fields.h"
#include "base/format.h"
#include "steps/frozen.h"

namespace pgcleave::cli {
namespace {

std::optional<postgres::FrozenSplit> last_written(const std::vector<journal::Event>& events) {
  std::optional<postgres::FrozenSplit> last;
  for (const auto& event : events) {
    if (event.type != "effect.done") continue;
    const auto result = object_in(event.data, "result");
    if (result.contains("frozen")) last = steps::frozen_from_json(result.at("frozen"));
  }
  return last;
}

}  // namespace

Result<void> as_this_journal_wrote_it(steps::World& world, const journal::Journal& journal, Deadline deadline) {
  const auto target = world.target.leader(deadline);
  if (!target) return {};  // the steps will say so
  const auto owner = postgres::owner(**target, world.split.name, deadline);
  if (!owner || *owner != postgres::Owner::target) return {};
  TRY_ASSIGN(const auto frozen, postgres::frozen_split(**target, world.split.name, deadline));
  if (!frozen) return {};
  TRY_ASSIGN(const auto events, journal.events(frozen->run));
  const auto written = last_written(events);
  if (!written || steps::same_split(*written, *frozen)) return {};
  return fail({ErrorKind::not_ready, "split " + world.split.name,
               "has another list of its tables in the database than the run that split wrote",
               fmt::format("{} tables, as the journal has it", written->tables.size()),
               fmt::format("{} tables on {}", frozen->tables.size(), world.target.label()),
               fmt::format("who changed pgcleave.split_tables? The list of then: pgcleave log {} --json", frozen->run), ""});
}

}  // namespace pgcleave::cli
