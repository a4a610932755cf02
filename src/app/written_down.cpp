#include "app/written_down.h"

#include "base/fields.h"
#include "base/format.h"
#include "world/frozen.h"

namespace pgcleave::app {
namespace {

std::optional<fence::FrozenSplit> last_written(const std::vector<journal::Event>& events) {
  std::optional<fence::FrozenSplit> last;
  for (const auto& event : events) {
    if (event.type != "effect.done") continue;
    const auto result = object_in(event.data, "result");
    if (result.contains("frozen")) last = world::frozen_from_json(result.at("frozen"));
  }
  return last;
}

}  // namespace

Result<void> as_this_journal_wrote_it(world::World& world, const journal::Journal& journal, Deadline deadline) {
  const auto target = world.target.leader(deadline);
  if (!target) return {};  // the steps will say so
  const auto owner = fence::owner(**target, world.split.name, deadline);
  if (!owner || *owner != fence::Owner::target) return {};
  TRY_ASSIGN(const auto frozen, fence::frozen_split(**target, world.split.name, deadline));
  if (!frozen) return {};
  TRY_ASSIGN(const auto events, journal.events(frozen->run));
  const auto written = last_written(events);
  if (!written || world::same_split(*written, *frozen)) return {};
  return fail({ErrorKind::not_ready, "split " + world.split.name,
               "has another list of its tables in the database than the run that split wrote",
               fmt::format("{} tables, as the journal has it", written->tables.size()),
               fmt::format("{} tables on {}", frozen->tables.size(), world.target.label()),
               fmt::format("who changed pgcleave.split_tables? The list of then: pgcleave log {} --json", frozen->run),
               ""});
}

}  // namespace pgcleave::app
